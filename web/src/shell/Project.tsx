import { useChange } from "../api/access";
import type { Me } from "../api/types";

/** Which project one is in; who is in several goes on in another. */
export function Project({ me }: { me: Me }) {
  const change = useChange<Me>();
  if (me.projects.length < 2) return null;
  return (
    <select
      aria-label="Project"
      value={me.project ?? ""}
      disabled={change.isPending}
      onChange={({ target }) =>
        change.mutate(
          { method: "PUT", path: "/api/session/project", body: { project: target.value } },
          // Nothing of the other project stays in the page: neither answers nor its address.
          { onSuccess: () => location.replace("/") },
        )
      }
    >
      {me.projects.map((name) => (
        <option key={name}>{name}</option>
      ))}
    </select>
  );
}
