import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useMe } from "../api/access";
import { usePerson, useProfile } from "../api/people";
import type { Deed, Profile } from "../api/types";
import { ProblemNote } from "../answer/ProblemNote";
import { counted } from "../words/numbers";
import { moment, ownZone } from "../words/times";
import { shown } from "../words/values";
import "./People.css";
import { PersonLinks } from "./PersonLinks";
import { PersonProfile } from "./PersonProfile";

/** One person: what is known, what they did, and who they are made of. */
export function Person() {
  const { id } = useParams({ from: "/people/$id" });
  const [isOpen, setIsOpen] = useState(false);
  const me = useMe();
  const person = usePerson(`person:${id}`);
  const profile = useProfile(`person:${id}`, isOpen);
  const may = (permission: string) => me.data?.permissions.includes(permission) ?? false;
  const first = profile.data?.pages[0];
  const error = person.error ?? profile.error;
  return (
    <div className="person">
      <title>Who is this? – Ethogram</title>
      <header className="page-head">
        <h1>Who is this?</h1>
        <p className="note">
          {first && first.names.length > 0 ? first.names.join(", ") : `Person ${id}`}. Times in{" "}
          {ownZone}.
        </p>
      </header>
      {error && <ProblemNote error={error} />}
      {first && <p className="headline">{headline(first)}</p>}
      {may("personal") && !isOpen && (
        <p>
          <button type="button" onClick={() => setIsOpen(true)}>
            Open sealed values
          </button>{" "}
          <span className="note">
            E-mail addresses, names and the like. That you looked is written down in the audit.
          </span>
        </p>
      )}
      {first && <PersonProfile profile={first} />}
      {person.data && (
        <PersonLinks
          pages={person.data.pages}
          mayPart={may("merge")}
          onMore={person.hasNextPage ? () => void person.fetchNextPage() : null}
        />
      )}
      {profile.data && (
        <section aria-labelledby="done">
          <h2 id="done">What they did</h2>
          <Deeds deeds={profile.data.pages.flatMap(({ events }) => events)} />
          {profile.hasNextPage && (
            <p>
              <button
                type="button"
                disabled={profile.isFetchingNextPage}
                onClick={() => void profile.fetchNextPage()}
              >
                Earlier
              </button>
            </p>
          )}
        </section>
      )}
    </div>
  );
}

function headline({ total, events, properties }: Profile): string {
  const last = events[0];
  const held = properties.filter(({ value }) => value !== undefined).length;
  const did = last
    ? `${counted(total, "event")}, the last on ${moment(last.time, ownZone, true)}`
    : "No events";
  return `${did}; the profile holds ${counted(held, "property", "properties")}.`;
}

function Deeds({ deeds }: { deeds: Deed[] }) {
  return (
    <div className="scrolls">
      <table>
        <thead>
          <tr>
            <th>When</th>
            <th>What</th>
            <th>With</th>
            <th>Session</th>
          </tr>
        </thead>
        <tbody>
          {deeds.map((deed) => (
            <tr key={deed.position}>
              <td>{moment(deed.time, ownZone, true)}</td>
              <td>{deed.event}</td>
              <td>
                {Object.entries({ ...deed.properties, ...deed.personal })
                  .map(([name, value]) => `${name} ${shown(value)}`)
                  .join(" · ")}
              </td>
              <td>{deed.session}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
