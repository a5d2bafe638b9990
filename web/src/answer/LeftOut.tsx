import { hasPage, type Answer, type AnyAnswer } from "../api/types";
import { count } from "../words/numbers";

type Option = Record<string, unknown>;

const length = (option: Option, part: string): number =>
  (option[part] as { data?: unknown[] } | undefined)?.data?.length ?? 0;

/** What is drawn of how many, where a picture of them all could not be read. */
function drawn(answer: Answer, option: Option): [string, number, number] {
  const isOneMap = answer.question === "retention" && !answer.survival?.length;
  if (isOneMap && !answer.groups?.length)
    return ["latest", length(option, "yAxis") - 1, answer.cohorts.length];
  if (answer.question !== "trends")
    return ["largest", length(option, "legend"), answer.groups?.length ?? 0];
  // Of lines, the legend names the earlier ones too; totals stand beside the axis.
  const each = answer.series.some(({ compared }) => compared?.length) ? 2 : 1;
  const shown = length(option, "yAxis") || length(option, "legend") / each;
  return ["largest", shown, answer.series.length];
}

/** Says that the picture does not show everything, where it does not. */
export function LeftOut({ answer, option }: { answer: AnyAnswer; option: Option }) {
  if (!hasPage(answer)) return null;
  const [which, shown, all] = drawn(answer, option);
  if (all < 2 || shown >= all) return null;
  return (
    <p className="note">
      The picture shows the {which} {count(shown)} of {count(all)}; the table has them all.
    </p>
  );
}
