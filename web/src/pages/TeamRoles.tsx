import { useState, type SubmitEvent } from "react";
import { useChange, useListed } from "../api/access";
import type { RoleTold } from "../api/types";
import { ProblemNote } from "../answer/ProblemNote";

/** What each role may, and roles of one's own; `own` are the permissions that one can give. */
export function TeamRoles({ own }: { own: readonly string[] }) {
  const roles = useListed("roles");
  const drop = useChange<unknown>();
  const [edited, setEdited] = useState<RoleTold | "new" | null>(null);
  const mayDefine = own.includes("roles");
  const problem = roles.error ?? drop.error;
  return (
    <section aria-labelledby="roles">
      <h2 id="roles">Roles</h2>
      {problem && <ProblemNote error={problem} />}
      <div className="scrolls">
        <table>
          <thead>
            <tr>
              <th>Role</th>
              <th>May</th>
              <th>Sees</th>
              <th>Smallest group</th>
              <th aria-label="Actions" />
            </tr>
          </thead>
          <tbody>
            {roles.data?.map((role) => (
              <tr key={role.name}>
                <td>{role.name}</td>
                <td>{role.body.permissions.join(", ")}</td>
                <td>{role.body.where || role.body.hidden?.length ? "a part" : "everything"}</td>
                <td>{role.k}</td>
                <td>
                  {mayDefine && !role.built_in && (
                    <>
                      <button type="button" onClick={() => setEdited(role)}>
                        Change
                      </button>{" "}
                      <button
                        type="button"
                        onClick={() => drop.mutate({ method: "DELETE", path: at(role.name) })}
                      >
                        Drop
                      </button>
                    </>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {mayDefine && !edited && (
        <div>
          <button type="button" onClick={() => setEdited("new")}>
            A role of your own
          </button>
        </div>
      )}
      {edited && (
        <RoleForm
          key={edited === "new" ? "" : edited.name}
          role={edited === "new" ? null : edited}
          own={own}
          onDone={() => setEdited(null)}
        />
      )}
    </section>
  );
}

interface RoleFormProps {
  role: RoleTold | null;
  own: readonly string[];
  onDone: () => void;
}

function RoleForm({ role, own, onDone }: RoleFormProps) {
  const save = useChange<RoleTold>();
  const [unread, setUnread] = useState<Error | null>(null);

  function send(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => {
      const said = form.get(name);
      return typeof said === "string" ? said.trim() : "";
    };
    const body: Record<string, unknown> = { permissions: form.getAll("permission") };
    const hidden = text("hidden")
      .split(",")
      .map((word) => word.trim())
      .filter(Boolean);
    if (hidden.length) body["hidden"] = hidden;
    if (text("k")) body["k"] = Number(text("k"));
    try {
      if (text("where")) body["where"] = JSON.parse(text("where"));
    } catch (failure) {
      setUnread(failure as Error);
      return;
    }
    setUnread(null);
    const path = at(role?.name ?? text("name"));
    save.mutate({ method: "PUT", path, body }, { onSuccess: onDone });
  }

  const problem = unread ?? save.error;
  return (
    <form onSubmit={send} aria-label={role ? `The role ${role.name}` : "A role of your own"}>
      {problem && <ProblemNote error={problem} />}
      <label className="label">
        Name
        <input name="name" required defaultValue={role?.name} disabled={role !== null} />
      </label>
      <fieldset aria-label="What it may">
        {own.map((permission) => (
          <label key={permission}>
            <input
              type="checkbox"
              name="permission"
              value={permission}
              defaultChecked={role?.body.permissions.some((each) => each === permission)}
            />{" "}
            {permission}
          </label>
        ))}
      </fieldset>
      <label className="label">
        Only events for which this holds (a predicate as JSON)
        <input
          name="where"
          defaultValue={role?.body.where ? JSON.stringify(role.body.where) : ""}
          placeholder='{"property": "region", "op": "=", "value": "north"}'
        />
      </label>
      <label className="label">
        Hidden properties, with commas between
        <input name="hidden" defaultValue={role?.body.hidden?.join(", ")} />
      </label>
      <label className="label">
        Smallest group
        <input name="k" type="number" min={1} defaultValue={role?.body.k ?? ""} />
      </label>
      <button type="submit">Save the role</button>
      <button type="button" onClick={onDone}>
        Leave it
      </button>
    </form>
  );
}

const at = (name: string) => `/api/roles/${encodeURIComponent(name)}`;
