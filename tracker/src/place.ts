const CAMPAIGN = /^(utm_\w+|\w{1,3}clid|msclkid|[gw]braid)$/;

/** The page by its path, and by its fragment where that is a route (`#/cart`, `#!/cart`). */
export function route(): string {
  const [way = ""] = /^#[!/][^?]*/.exec(location.hash) ?? [];
  return location.pathname + way;
}

/** An address without its query, but for campaigns' parameters and those called in `kept`. */
export function address(said: string, kept: readonly string[] = []): string {
  if (!said || !URL.canParse(said, location.href)) return "";
  const url = new URL(said, location.href);
  if (!/^https?:$/.test(url.protocol)) return url.protocol;
  const query = parameters(url, kept).toString();
  return url.origin + url.pathname + (query && `?${query}`);
}

/** By which campaign somebody came to this address; empty where by none. */
export function campaign(): string {
  return parameters(new URL(location.href), []).toString();
}

function parameters(url: URL, kept: readonly string[]): URLSearchParams {
  return new URLSearchParams(
    [...url.searchParams].filter(([name]) => CAMPAIGN.test(name) || kept.includes(name)),
  );
}
