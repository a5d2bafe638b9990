import type { components } from "./generated";

type Schemas = components["schemas"];

export type FunnelAnswer = Schemas["FunnelAnswer"];
export type RetentionAnswer = Schemas["RetentionAnswer"];
export type TrendsAnswer = Schemas["TrendsAnswer"];
export type Answer = FunnelAnswer | RetentionAnswer | TrendsAnswer;
export type Cohort = Schemas["Cohort"];
export type Figure = Schemas["Figure"];
export type FunnelStep = Schemas["Step"];
export type LiveEvent = Schemas["LiveEvent"];
export type PropertyName = Schemas["PropertyName"];
export type Rejected = Schemas["Rejected"];
export type Series = Schemas["Series"];
export type Vocabulary = Schemas["Vocabulary"];
