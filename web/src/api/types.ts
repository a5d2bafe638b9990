/** The API's words, out of its OpenAPI document. */
import type { components } from "./generated";

type Schemas = components["schemas"];

export type Spec = Schemas["Funnel"] | Schemas["Retention"] | Schemas["Trends"];
export type FunnelAnswer = Schemas["FunnelAnswer"];
export type RetentionAnswer = Schemas["RetentionAnswer"];
export type TrendsAnswer = Schemas["TrendsAnswer"];
export type Answer = FunnelAnswer | RetentionAnswer | TrendsAnswer;
export type By = Schemas["FunnelGroup"]["by"];
export type Figure = Schemas["Figure"];
export type LiveEvent = Schemas["LiveEvent"];
export type Rejected = Schemas["Rejected"];
export type Vocabulary = Schemas["Vocabulary"];
