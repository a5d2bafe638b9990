/** What went wrong, in the words of the API's one error shape. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string;
  readonly at: string;

  constructor(status: number, error: Partial<Record<"code" | "message" | "hint" | "at", string>>) {
    super(error.message ?? `The server answered ${status}.`);
    this.status = status;
    this.code = error.code ?? `http_${status}`;
    this.hint = error.hint ?? "";
    this.at = error.at ?? "";
  }
}

const unreachable = {
  code: "unreachable",
  message: "The server did not answer.",
  hint: "Is “ethogram serve” still running? Try again once it runs.",
};

async function answered(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { credentials: "same-origin", ...init });
  } catch (failure) {
    if (init.signal?.aborted) throw failure;
    throw new Problem(0, unreachable);
  }
  if (response.ok) return response;
  const body = (await response.json().catch(() => ({}))) as { error?: object };
  throw new Problem(response.status, body.error ?? {});
}

async function call<T>(path: string, init: RequestInit): Promise<T> {
  const response = await answered(path, init);
  return (await response.json()) as T;
}

const json = { "Content-Type": "application/json" };

/** Has the browser keep what the server answers to `body` as a file called `name`. */
export async function download(path: string, body: unknown, name: string): Promise<void> {
  const init = { method: "POST", headers: json, body: JSON.stringify(body) };
  const response = await answered(path, init);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

export function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return call<T>(path, signal ? { signal } : {});
}

export function post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  return send<T>("POST", path, body, signal);
}

export function send<T>(
  method: "POST" | "PUT" | "DELETE",
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<T> {
  const said = body === undefined ? {} : { headers: json, body: JSON.stringify(body) };
  return call<T>(path, { method, ...said, ...(signal ? { signal } : {}) });
}
