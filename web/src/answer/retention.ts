/** Who comes back, and how long people stay, as grids. */
import type { RetentionAnswer } from "../api/types";
import { count, share } from "../words/numbers";
import { moment } from "../words/times";
import { asked, groupName, hiding, NOTHING, NOT_KNOWN, orNotKnown, words } from "./cells";
import type { Cell, Grid } from "./grid";

type Part = Pick<RetentionAnswer, "cohorts" | "pooled" | "mean" | "survival">;

/** What a return counts for, by the question's mode; `P` stands for its period. */
const BACK: Record<string, string> = {
  on: "came back so many Ps later",
  on_or_after: "came back so many Ps later or after that",
  on_or_before: "came back so many Ps later or before that",
  streak: "came back in each P up to so many later",
};

/** The cohorts and their rates; and the survival curve, where one was asked for. */
export const retentionGrids = (answer: RetentionAnswer): Grid[] =>
  answer.survival?.length ? [cohortsGrid(answer), survivalGrid(answer)] : [cohortsGrid(answer)];

function cohortsGrid(answer: RetentionAnswer): Grid {
  const told = hiding(answer);
  const zone = asked(answer, "timezone", "UTC");
  const period = asked(answer, "period", "day");
  const back = (BACK[asked(answer, "mode", "on")] ?? "came back").replace("P", period);
  const clock = asked(answer, "clock", "calendar") === "rolling" ? ", counted from each start" : "";
  return {
    name: "retention",
    caption: `Share of those who started in each ${period} and ${back}${clock}; empty: not over yet, “${NOT_KNOWN}”: nobody started. Times in ${zone}`,
    head: ["Started", "People", ...elements(answer, period)],
    rows: parts(answer).flatMap(({ name, at, part: { cohorts, pooled, mean = [] } }) => [
      [
        words(name || "Everybody"),
        orNotKnown(total(cohorts), count),
        ...pooled.map((each, p) => told(`${at}.pooled[${p}]`, rate(each))),
      ],
      [
        words(named(name, "Mean of the cohorts")),
        NOTHING,
        ...mean.map((each, p) => told(`${at}.mean[${p}]`, rate(each))),
      ],
      ...cohorts.map(({ from, size, returned }, c) => [
        words(named(name, moment(from, zone, false))),
        told(`${at}.cohorts[${c}].size`, orNotKnown(size, count)),
        ...returned.map((people, p) =>
          told(
            `${at}.cohorts[${c}].returned[${p}]`,
            people !== null && !size
              ? orNotKnown(null, share)
              : rate(people && people / (size ?? 1)),
          ),
        ),
      ]),
    ]),
  };
}

function survivalGrid(answer: RetentionAnswer): Grid {
  const period = asked(answer, "period", "day");
  return {
    name: "survival",
    caption: `Share still active after so many ${period}s, with its 95% interval; gone is who is silent for ${asked(answer, "silent", "long")}`,
    head: ["After", "People known", "Newly gone", "Still active", "At least", "At most"],
    rows: parts(answer).flatMap(({ name, part: { survival = [] } }) =>
      survival.map((point) => [
        words(named(name, `${capital(period)} ${point.period}`)),
        orNotKnown(point.at_risk, count),
        orNotKnown(point.gone, count),
        ...[point.active, point.low, point.high].map((each) => orNotKnown(each, share)),
      ]),
    ),
  };
}

/** The periods that the numbers are of: Day 0, or of brackets Days 2 to 4. */
function elements({ definition, pooled }: RetentionAnswer, period: string): string[] {
  const brackets = (definition["brackets"] ?? []) as number[];
  let next = 0;
  return pooled.map((_, i) => {
    const first = next;
    next += brackets[i - 1] ?? 1;
    return next - first === 1
      ? `${capital(period)} ${first}`
      : `${capital(period)}s ${first} to ${next - 1}`;
  });
}

const parts = (answer: RetentionAnswer): { name: string; at: string; part: Part }[] => [
  { name: "", at: "$", part: answer },
  ...(answer.groups ?? []).map((part, i) => ({
    name: groupName(part.by),
    at: `$.groups[${i}]`,
    part,
  })),
];
const rate = (part: number | null): Cell =>
  part === null ? NOTHING : { ...orNotKnown(part, share), heat: part };
/** The people of all cohorts; not known where one of them is not told. */
const total = (cohorts: Part["cohorts"]): number | null =>
  cohorts.reduce<number | null>(
    (sum, { size }) => (sum === null || size === null ? null : sum + size),
    cohorts.length === 0 ? null : 0,
  );
const named = (group: string, what: string): string => [group, what].filter(Boolean).join(", ");
const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
