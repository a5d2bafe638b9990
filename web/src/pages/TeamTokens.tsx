import { type SubmitEvent } from "react";
import { useChange, useListed } from "../api/access";
import type { TokenTold } from "../api/types";
import { ProblemNote } from "../answer/ProblemNote";
import { moment, ownZone } from "../words/times";

/** What programs are known by; `own` are the permissions that one can give. */
export function TeamTokens({ own }: { own: readonly string[] }) {
  const tokens = useListed("tokens");
  const add = useChange<TokenTold>();
  const revoke = useChange<TokenTold>();

  function send(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const body = { name: form.get("name"), permissions: form.getAll("permission") };
    add.mutate({ method: "POST", path: "/api/tokens", body });
  }

  const problem = tokens.error ?? add.error ?? revoke.error;
  return (
    <section aria-labelledby="tokens">
      <h2 id="tokens">Tokens for programs</h2>
      {problem && <ProblemNote error={problem} />}
      <div className="scrolls">
        <table>
          <thead>
            <tr>
              <th>Name</th>
              <th>May</th>
              <th>Since</th>
              <th>Last used</th>
              <th aria-label="Actions" />
            </tr>
          </thead>
          <tbody>
            {tokens.data?.map((token) => (
              <tr key={token.id}>
                <td>{token.name}</td>
                <td>{token.permissions.join(", ")}</td>
                <td>{moment(token.made_at, ownZone, false)}</td>
                <td>{token.used_at ? moment(token.used_at, ownZone, false) : "never"}</td>
                <td>
                  {token.revoked_at ? (
                    "revoked"
                  ) : (
                    <button
                      type="button"
                      onClick={() =>
                        revoke.mutate({ method: "DELETE", path: `/api/tokens/${token.id}` })
                      }
                    >
                      Revoke
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <form onSubmit={send}>
        <label className="label">
          A token for
          <input name="name" required placeholder="nightly export" />
        </label>
        <fieldset aria-label="What it may">
          {own.map((permission) => (
            <label key={permission}>
              <input type="checkbox" name="permission" value={permission} /> {permission}
            </label>
          ))}
        </fieldset>
        <button type="submit">Make a token</button>
      </form>
      {add.data?.token && (
        <p className="told" role="status">
          It is shown this once: <code>{add.data.token}</code>
        </p>
      )}
    </section>
  );
}
