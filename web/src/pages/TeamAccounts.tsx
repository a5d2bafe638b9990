import { useState, type SubmitEvent } from "react";
import { useChange, useListed, useMe } from "../api/access";
import { ProblemNote } from "../answer/ProblemNote";
import { moment, ownZone } from "../words/times";

/** The people of the project, and how another one comes in. */
export function TeamAccounts() {
  const own = useMe().data?.email;
  const accounts = useListed("accounts");
  const roles = useListed("roles");
  const change = useChange<unknown>();
  const invite = useChange<{ invitation: string }>();
  const [role, setRole] = useState("viewer");
  const names = roles.data?.map(({ name }) => name) ?? [];

  function send(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const email = new FormData(event.currentTarget).get("email");
    invite.mutate({ method: "POST", path: "/api/accounts", body: { email, role } });
  }

  const problem = accounts.error ?? change.error ?? invite.error;
  return (
    <section aria-labelledby="accounts">
      <h2 id="accounts">People</h2>
      {problem && <ProblemNote error={problem} />}
      <div className="scrolls">
        <table>
          <thead>
            <tr>
              <th>E-mail address</th>
              <th>Role</th>
              <th>Second factor</th>
              <th>Since</th>
              <th aria-label="Actions" />
            </tr>
          </thead>
          <tbody>
            {accounts.data?.map((account) => (
              <tr key={account.id}>
                <td>{account.email}</td>
                <td>
                  <select
                    aria-label={`Role of ${account.email}`}
                    value={account.role}
                    onChange={(event) => {
                      const role = event.target.value;
                      if (account.email === own && !confirm(`Be ${role} from now on?`)) return;
                      const path = `/api/accounts/${account.id}`;
                      change.mutate({ method: "PUT", path, body: { role } });
                    }}
                  >
                    {names.map((name) => (
                      <option key={name}>{name}</option>
                    ))}
                  </select>
                </td>
                <td>{account.second_factor ? "yes" : "no"}</td>
                <td>{moment(account.made_at, ownZone, false)}</td>
                <td>
                  <button
                    type="button"
                    onClick={() => {
                      if (confirm(`Take ${account.email} out of the project?`))
                        change.mutate({ method: "DELETE", path: `/api/accounts/${account.id}` });
                    }}
                  >
                    Remove
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <form onSubmit={send}>
        <label className="label">
          Invite
          <input name="email" type="email" required placeholder="name@example.org" />
        </label>
        <label className="label">
          as
          <select value={role} onChange={(event) => setRole(event.target.value)}>
            {names.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <button type="submit">Make an invitation</button>
      </form>
      {invite.data && (
        <p className="told" role="status">
          Give them this address. It is shown this once, and holds once and for seven days:{" "}
          <code>{`${location.origin}/invitation#${invite.data.invitation}`}</code>
        </p>
      )}
      <Invitations />
    </section>
  );
}

/** Who is invited and has not come yet. */
function Invitations() {
  const invitations = useListed("invitations");
  const change = useChange<unknown>();
  const problem = invitations.error ?? change.error;
  return (
    <>
      {problem && <ProblemNote error={problem} />}
      {!!invitations.data?.length && (
        <div className="scrolls">
          <table>
            <thead>
              <tr>
                <th>Invited</th>
                <th>As</th>
                <th>Until</th>
                <th aria-label="Actions" />
              </tr>
            </thead>
            <tbody>
              {invitations.data.map(({ id, email, role, until }) => (
                <tr key={id}>
                  <td>{email}</td>
                  <td>{role}</td>
                  <td>{moment(until, ownZone, false)}</td>
                  <td>
                    <button
                      type="button"
                      onClick={() =>
                        change.mutate({ method: "DELETE", path: `/api/invitations/${id}` })
                      }
                    >
                      Take back
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}
