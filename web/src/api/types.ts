/** The API's words, out of its OpenAPI document. */
import type { components } from "./generated";

type Schemas = components["schemas"];

export type FunnelAnswer = Schemas["FunnelAnswer"];
export type RetentionAnswer = Schemas["RetentionAnswer"];
export type TrendsAnswer = Schemas["TrendsAnswer"];
/** Any question's answer: beside these its own lists. */
export type AnyAnswer = Pick<FunnelAnswer, "definition" | "state" | "hidden" | "noise"> & {
  question: string;
};
/** The answers of the questions that have a page of their own. */
export type Answer = FunnelAnswer | RetentionAnswer | TrendsAnswer;
export const hasPage = (answer: AnyAnswer): answer is Answer =>
  ["funnel", "retention", "trends"].includes(answer.question);
export type QuestionName = Schemas["QuestionName"];
export type People = Schemas["People"];
export type By = Schemas["FunnelGroup"]["by"];
export type Figure = Schemas["Figure"];
export type LiveEvent = Schemas["LiveEvent"];
export type Rejected = Schemas["Rejected"];
export type PlanReport = Schemas["PlanReport"];
export type EventSeen = Schemas["EventSeen"];
export type PropertySeen = Schemas["PropertySeen"];
export type Drift = Schemas["Drift"];
export type Vocabulary = Schemas["Vocabulary"];
export type Me = Schemas["Me"];
export type AccountTold = Schemas["AccountTold"];
export type InvitationTold = Schemas["InvitationTold"];
export type RoleTold = Schemas["RoleTold"];
export type TokenTold = Schemas["TokenTold"];
export type LineTold = Schemas["LineTold"];
export type SessionTold = Schemas["SessionTold"];
export type Receipt = Schemas["Receipt"];
export type Factor = Schemas["Factor"];
export type PurposeTold = Schemas["PurposeTold"];
export type RetentionRule = Schemas["RetentionRule"];
export type Version = Schemas["Version"];
export type Gone = Schemas["Gone"];
export type Person = Schemas["Person"];
export type Tie = Schemas["Tie"];
export type Profile = Schemas["Profile"];
export type ProfileProperty = Schemas["ProfileProperty"];
export type Deed = Schemas["Deed"];
export type Before = Schemas["Before"];
export type Unlinked = Schemas["Unlinked"];
