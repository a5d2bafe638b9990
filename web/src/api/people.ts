import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, post } from "./client";
import type { Before, People, Person, Profile, Tie, Unlinked } from "./types";

const PAGE = 50;
const LISTED = 100;

/** The person who has an id, whichever it is, a page of ids and links after the other. */
export function usePerson(id: string) {
  return useInfiniteQuery({
    queryKey: ["person", id],
    initialPageParam: 0,
    queryFn: ({ pageParam, signal }) =>
      post<Person>("/api/person", { id, skip: pageParam, limit: LISTED }, signal),
    getNextPageParam: ({ id_count, link_count }, _pages, skip) =>
      skip + LISTED < Math.max(id_count, link_count) ? skip + LISTED : null,
  });
}

/** What is known of them, and what they did, a page after the other; `personal` opens values. */
export function useProfile(id: string, personal: boolean) {
  return useInfiniteQuery({
    queryKey: ["person", id, "profile", personal],
    initialPageParam: null as Before | null,
    queryFn: ({ pageParam, signal }) =>
      post<Profile>(
        "/api/person/profile",
        { id, personal, before: pageParam, limit: PAGE },
        signal,
      ),
    getNextPageParam: ({ earlier }) => earlier,
  });
}

/** Finds the person who has an id. */
export function useFinding() {
  return useMutation({ mutationFn: (id: string) => post<Person>("/api/person", { id }) });
}

/** Those whose profile holds a value; a number or a flag that is written is one, or a text. */
export function useHolding(property: string, value: string) {
  const means = [value, ...scalarsOf(value)].map((each) => ({
    property,
    of: "profile",
    value: each,
  }));
  const question = {
    question: "segments",
    segments: [{ name: "holding", cohort: { is: { any: means } } }],
  };
  return useQuery({
    queryKey: ["people", property, value],
    queryFn: ({ signal }) =>
      post<People>(
        "/api/people",
        { question, cell: { segments: ["holding"] }, limit: LISTED },
        signal,
      ),
    enabled: property !== "",
  });
}

function scalarsOf(text: string): (number | boolean)[] {
  if (text === "true" || text === "false") return [text === "true"];
  const number = Number(text);
  return text.trim() === "" || Number.isNaN(number) ? [] : [number];
}

/** What somebody in charge joined or parted, the newest first. */
export function useMerges() {
  return useQuery({
    queryKey: ["person", "merges"],
    queryFn: ({ signal }) => get<Tie[]>("/api/merges", signal),
  });
}

/** Makes two ids one person's; what is shown of people is then asked for anew. */
export function useMerging() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (pair: Record<string, FormDataEntryValue>) =>
      post<Person>("/api/person/merge", pair),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["person"] }),
  });
}

/** Parts an id from another one; what is shown of both is then asked for anew. */
export function useParting() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id, from }: { id: string; from: string }) =>
      post<Unlinked>("/api/person/unmerge", { id, from }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["person"] }),
  });
}
