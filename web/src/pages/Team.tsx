import { useMe } from "../api/access";
import { TeamAccounts } from "./TeamAccounts";
import { TeamAudit } from "./TeamAudit";
import { TeamRoles } from "./TeamRoles";
import { TeamTokens } from "./TeamTokens";
import "./Sections.css";

/** Who may look: people, roles, tokens, and what was done. */
export function Team() {
  const me = useMe();
  const may = (permission: string) => me.data?.permissions.includes(permission) ?? false;
  return (
    <div className="sections">
      <title>Who may look? – Ethogram</title>
      <div className="page-head">
        <h1>Who may look?</h1>
        {me.data?.project && (
          <p className="note">
            In the project <strong>{me.data.project}</strong>.
          </p>
        )}
      </div>
      {may("accounts") && <TeamAccounts />}
      {may("accounts") && <TeamRoles own={me.data?.permissions ?? []} />}
      {may("tokens") && <TeamTokens own={me.data?.permissions ?? []} />}
      {may("audit") && <TeamAudit knowsPeople={may("accounts")} />}
    </div>
  );
}
