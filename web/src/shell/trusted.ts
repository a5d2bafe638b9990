/** Whatever would make text of HTML; browsers have it where they know Trusted Types. */
interface Factory {
  createPolicy(name: string, rules: { createHTML(said: string): string | null }): unknown;
}

/** Text becomes HTML nowhere: what draws charts may empty an element by it, and nothing else. */
const factory = (window as { trustedTypes?: Factory }).trustedTypes;
factory?.createPolicy("default", { createHTML: (said) => (said === "" ? said : null) });
