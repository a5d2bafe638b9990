import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { get, send } from "./client";
import type {
  AccountTold,
  InvitationTold,
  LineTold,
  Me,
  PurposeTold,
  Receipt,
  RoleTold,
  SessionTold,
  TokenTold,
  Version,
} from "./types";

/** A key comes by another tab of the browser. */
const KEY_ASKS_AGAIN_MS = 2_000;

/** Who asks, and how somebody becomes known here. */
export function useMe() {
  return useQuery({
    queryKey: ["me"],
    queryFn: ({ signal }) => get<Me>("/api/session", signal),
    refetchInterval: ({ state }) =>
      state.data?.sign_in === "key" && !state.data.project ? KEY_ASKS_AGAIN_MS : false,
  });
}

const lists = {
  accounts: "/api/accounts",
  invitations: "/api/invitations",
  roles: "/api/roles",
  tokens: "/api/tokens",
  audit: "/api/audit",
  sessions: "/api/account/sessions",
  erasures: "/api/erasures",
  purposes: "/api/consent",
  retention: "/api/retention",
};
interface Listed {
  accounts: AccountTold;
  invitations: InvitationTold;
  roles: RoleTold;
  tokens: TokenTold;
  audit: LineTold;
  sessions: SessionTold;
  erasures: Receipt;
  purposes: PurposeTold;
  retention: Version;
}

/** One of the lists of who may look and what is kept; only if `may` says that it is permitted. */
export function useListed<K extends keyof Listed>(kind: K, may = true) {
  return useQuery({
    queryKey: ["access", kind],
    queryFn: ({ signal }) => get<Listed[K][]>(lists[kind], signal),
    enabled: may,
  });
}

interface Change {
  method: "POST" | "PUT" | "DELETE";
  path: string;
  body?: unknown;
}

/** Changes something; what is shown of people and of who may look is then asked for anew. */
export function useChange<T>() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ method, path, body }: Change) => send<T>(method, path, body),
    onSuccess: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: ["access"] }),
        queries.invalidateQueries({ queryKey: ["me"] }),
      ]),
  });
}
