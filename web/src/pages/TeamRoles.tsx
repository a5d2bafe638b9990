import { useListed } from "../api/access";

/** What each role may. */
export function TeamRoles() {
  const roles = useListed("roles");
  return (
    <section aria-labelledby="roles">
      <h2 id="roles">Roles</h2>
      <div className="scrolls">
        <table>
          <thead>
            <tr>
              <th>Role</th>
              <th>May</th>
              <th>Sees</th>
              <th>Smallest group</th>
            </tr>
          </thead>
          <tbody>
            {roles.data?.map(({ name, k, body }) => (
              <tr key={name}>
                <td>{name}</td>
                <td>{body.permissions.join(", ")}</td>
                <td>{body.where || body.hidden?.length ? "a part" : "everything"}</td>
                <td>{k}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="note">
        A role of your own: <code>ethogram roles set</code>.
      </p>
    </section>
  );
}
