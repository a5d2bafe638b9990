import { useListed, useMe } from "../api/access";
import { ProblemNote } from "../answer/ProblemNote";
import { Receipts } from "./Receipts";
import { RequestForm } from "./RequestForm";
import "./Sections.css";

/** What people may ask of what is kept about them, and what was done. */
export function Requests() {
  const me = useMe();
  const may = (permission: string) => me.data?.permissions.includes(permission) ?? false;
  const receipts = useListed("erasures", may("erase"));
  return (
    <div className="sections">
      <title>What did people ask of us? – Ethogram</title>
      <div className="page-head">
        <h1>What did people ask of us?</h1>
        <p className="note">All that is kept about a person, in one archive; or that it goes.</p>
      </div>
      {may("erase") || may("personal") ? (
        <RequestForm mayErase={may("erase")} mayOpen={may("personal")} />
      ) : (
        me.data && <p>Your role may neither open what is kept about a person nor erase it.</p>
      )}
      {receipts.error && <ProblemNote error={receipts.error} />}
      {may("erase") && <Receipts receipts={receipts.data ?? []} />}
    </div>
  );
}
