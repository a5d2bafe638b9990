import { useState, type SubmitEvent } from "react";
import { useChange, useListed, useMe } from "../api/access";
import type { Factor } from "../api/types";
import { ProblemNote } from "../answer/ProblemNote";
import { moment, ownZone } from "../words/times";
import "./Sections.css";

/** One's own account: password, second factor, where one is signed in. */
export function Account() {
  const me = useMe();
  const change = useChange<unknown>();
  const sessions = useListed("sessions", Boolean(me.data?.email));
  if (!me.data?.email) return <p className="page-head">You are signed in to no account.</p>;

  function password(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const body = Object.fromEntries(new FormData(event.currentTarget));
    change.mutate({ method: "PUT", path: "/api/account/password", body });
    event.currentTarget.reset();
  }

  return (
    <div className="sections">
      <title>Your account – Ethogram</title>
      <div className="page-head">
        <h1>Your account</h1>
        <p className="note">{me.data.email}</p>
      </div>
      {change.error && <ProblemNote error={change.error} />}
      <section aria-labelledby="password">
        <h2 id="password">Password</h2>
        <form onSubmit={password}>
          <label className="label">
            The one that holds
            <input name="old" type="password" required autoComplete="current-password" />
          </label>
          <label className="label">
            A new one
            <input name="new" type="password" required autoComplete="new-password" />
          </label>
          <button type="submit">Change it, and sign out everywhere else</button>
        </form>
      </section>
      {me.data.provider && <Link provider={me.data.provider} />}
      <SecondFactor isSet={me.data.second_factor} />
      <section aria-labelledby="sessions">
        <h2 id="sessions">Where you are signed in</h2>
        <div className="scrolls">
          <table>
            <tbody>
              {sessions.data?.map((session) => (
                <tr key={session.id}>
                  <td>{session.agent.slice(0, 60)}</td>
                  <td>{session.address}</td>
                  <td>{moment(session.seen_at, ownZone, true)}</td>
                  <td>
                    {session.own ? (
                      "here"
                    ) : (
                      <button
                        type="button"
                        onClick={() =>
                          change.mutate({
                            method: "DELETE",
                            path: `/api/account/sessions/${session.id}`,
                          })
                        }
                      >
                        End
                      </button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <div>
          <button
            type="button"
            onClick={() =>
              change.mutate(
                { method: "DELETE", path: "/api/session" },
                { onSuccess: () => location.replace("/") },
              )
            }
          >
            Sign out
          </button>
        </div>
      </section>
    </div>
  );
}

/** Has the provider lead to this account too, for who knows its password. */
function Link({ provider }: { provider: string }) {
  const link = useChange<{ address: string }>();

  function send(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const body = Object.fromEntries(new FormData(event.currentTarget));
    link.mutate(
      { method: "POST", path: "/api/account/provider", body },
      { onSuccess: ({ address }) => location.assign(address) },
    );
  }

  return (
    <section aria-labelledby="provider">
      <h2 id="provider">{provider}</h2>
      {link.error && <ProblemNote error={link.error} />}
      <form onSubmit={send}>
        <label className="label">
          Your password here
          <input name="password" type="password" required autoComplete="current-password" />
        </label>
        <button type="submit">Sign in with {provider} too</button>
      </form>
    </section>
  );
}

function SecondFactor({ isSet }: { isSet: boolean }) {
  const begin = useChange<Factor>();
  const confirm = useChange<{ codes: string[] }>();
  const remove = useChange<unknown>();
  const [code, setCode] = useState("");
  const [password, setPassword] = useState("");
  const problem = begin.error ?? confirm.error ?? remove.error;
  const factor = begin.data;
  return (
    <section aria-labelledby="second">
      <h2 id="second">Second factor</h2>
      {problem && <ProblemNote error={problem} />}
      {confirm.data && (
        <p className="told" role="status">
          It is needed from now on. These codes stand in for it, once each, and are shown this once:{" "}
          <code>{confirm.data.codes.join(" ")}</code>
        </p>
      )}
      {factor && !isSet && (
        <>
          <p>
            Scan this with an app that makes codes, or type <code>{factor.secret}</code> into it.
          </p>
          <img
            className="qr"
            alt="QR code of the secret"
            src={`data:image/svg+xml,${encodeURIComponent(factor.picture)}`}
          />
        </>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isSet)
            remove.mutate({ method: "DELETE", path: "/api/account/second", body: { code } });
          else if (factor)
            confirm.mutate({
              method: "PUT",
              path: "/api/account/second",
              body: { secret: factor.secret, code, password },
            });
          else begin.mutate({ method: "POST", path: "/api/account/second" });
          setCode("");
          setPassword("");
        }}
      >
        {(isSet || factor) && (
          <label className="label">
            Code of now
            <input
              required
              autoComplete="one-time-code"
              value={code}
              onChange={(event) => setCode(event.target.value)}
            />
          </label>
        )}
        {factor && !isSet && (
          <label className="label">
            Your password
            <input
              required
              type="password"
              autoComplete="current-password"
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          </label>
        )}
        <button type="submit">{isSet ? "Do without it" : factor ? "Confirm" : "Set one up"}</button>
      </form>
    </section>
  );
}
