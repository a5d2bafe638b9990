/** What is done where the browser says that its person does not want to be followed. */
export type Signal = "ignore" | "anonymous" | "stop";

/** What a page may say about how it is tracked. */
export interface Settings {
  /** `required`: nothing is kept or sent before `consent(true)`. */
  consent: "given" | "required";
  /** `none`: nothing is kept in the browser; who comes again is a new person. */
  storage: "local" | "none";
  /** What Global Privacy Control does. */
  gpc: Signal;
  /** What Do Not Track does. */
  dnt: Signal;
  /** Whether the text of what is clicked is read. */
  text: boolean;
  /** Parameters of addresses that are kept beside those of campaigns. */
  query: readonly string[];
  /** Events that are not captured by themselves. */
  off: readonly string[];
}

const USUAL: Settings = {
  consent: "given",
  storage: "local",
  gpc: "stop",
  dnt: "stop",
  text: false,
  query: [],
  off: [],
};

/** The settings that hold; `anonymous`: nobody is to be known by a name. */
export interface Decided extends Settings {
  anonymous: boolean;
}

/** The settings of a page that says `given`, after what its person's browser asks for. */
export function decided(given: Partial<Settings>): Decided & { stopped: boolean } {
  const settings = { ...USUAL, ...given };
  const asked = [
    (navigator as { globalPrivacyControl?: boolean }).globalPrivacyControl && settings.gpc,
    navigator.doNotTrack === "1" && settings.dnt,
  ];
  const anonymous = asked.includes("anonymous");
  return {
    ...settings,
    storage: anonymous ? "none" : settings.storage,
    stopped: asked.includes("stop"),
    anonymous,
  };
}

/** The settings in the attributes of a script's element, such as `data-consent="required"`. */
export function attributes(data: DOMStringMap): Partial<Settings> {
  const words = (said = "") => said.split(/[\s,]+/).filter(Boolean);
  const { consent, storage, gpc, dnt } = data;
  return {
    ...(consent === "required" && { consent }),
    ...(storage === "none" && { storage }),
    ...(isSignal(gpc) && { gpc }),
    ...(isSignal(dnt) && { dnt }),
    text: "text" in data,
    query: words(data["query"]),
    off: words(data["off"]),
  };
}

function isSignal(said: string | undefined): said is Signal {
  return said === "ignore" || said === "anonymous" || said === "stop";
}
