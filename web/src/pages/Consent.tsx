import { useMe } from "../api/access";
import { ConsentPurposes } from "./ConsentPurposes";
import { ConsentRules } from "./ConsentRules";
import "./Sections.css";

/** What people allow, and how long what is kept. */
export function Consent() {
  const me = useMe();
  const may = (permission: string) => me.data?.permissions.includes(permission) ?? false;
  return (
    <div className="sections">
      <title>What do people allow? – Ethogram</title>
      <div className="page-head">
        <h1>What do people allow?</h1>
      </div>
      {may("consent") && <ConsentPurposes maySave={may("purposes")} />}
      {may("settings") && <ConsentRules mayErase={may("erase")} />}
    </div>
  );
}
