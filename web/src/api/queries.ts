import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { Schema } from "../question/schema";
import { get, post } from "./client";
import type { AnyAnswer, Figure, PlanReport, QuestionName, Vocabulary } from "./types";

const EDIT_SETTLES_MS = 250;
const EMPTY_ASKS_AGAIN_MS = 2_000;

/** The events and properties that exist. While there are none, it looks for the first. */
export function useVocabulary() {
  return useQuery({
    queryKey: ["vocabulary"],
    queryFn: ({ signal }) => get<Vocabulary>("/api/vocabulary", signal),
    refetchInterval: ({ state }) =>
      state.error || state.data?.events.length === 0 ? EMPTY_ASKS_AGAIN_MS : false,
  });
}

/** The questions that there are. */
export function useCatalog() {
  return useQuery({
    queryKey: ["questions"],
    queryFn: ({ signal }) => get<QuestionName[]>("/api/questions", signal),
    staleTime: Infinity,
  });
}

/** The tracking plan beside what was seen. */
export function usePlanReport() {
  return useQuery({
    queryKey: ["plan", "report"],
    queryFn: ({ signal }) => get<PlanReport>("/api/plan/report", signal),
  });
}

/** The JSON Schema of a question's spec. */
export function useSchema(question: string) {
  return useQuery({
    queryKey: ["schema", question],
    queryFn: ({ signal }) => get<Schema>(`/api/questions/${encodeURIComponent(question)}`, signal),
    staleTime: Infinity,
  });
}

/** `value` as it was when it last stopped changing. */
function useSettled<T>(value: T, key: string): T {
  const [settled, setSettled] = useState({ value, key });
  useEffect(() => {
    const timer = setTimeout(() => setSettled({ value, key }), EDIT_SETTLES_MS);
    return () => clearTimeout(timer);
    // The key stands for the value, which is a new object at every rendering.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key]);
  return settled.value;
}

/** The answer to `spec`; the last one stays while the next is on its way. */
export function useAnswer(spec: object | null) {
  const settled = useSettled(spec, JSON.stringify(spec));
  return useQuery({
    queryKey: ["ask", settled],
    queryFn: ({ signal }) => post<AnyAnswer>("/api/ask", settled, signal),
    enabled: settled !== null,
    placeholderData: keepPreviousData,
  });
}

/** The picture of `answer`, as the server defines it. */
export function useFigure(answer: AnyAnswer | undefined, theme: "dark" | "light") {
  return useQuery({
    queryKey: ["figure", answer?.definition, answer?.state, theme],
    queryFn: ({ signal }) => post<Figure>(`/api/figure?theme=${theme}`, answer, signal),
    enabled: answer !== undefined,
    placeholderData: keepPreviousData,
  });
}
