import { Link, Outlet } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { Problem } from "../api/client";
import { useMe } from "../api/access";
import { useVocabulary } from "../api/queries";
import { INVITATION, SignIn } from "../pages/SignIn";
import { Choice } from "../question/Choice";
import { Palette } from "./Palette";
import { PAGES } from "./pages";
import { Project } from "./Project";
import { CHOICES, choose, useChoice } from "./theme";
import "./Shell.css";

const themes = CHOICES.map(
  (choice) => [choice, { system: "System", light: "Light", dark: "Dark" }[choice]] as const,
);

/** Who has one of these finds something on the team's page. */
const MANAGES = new Set(["accounts", "tokens", "audit"]);
/** And of these on the page of consent. */
const ALLOWS = new Set(["consent", "settings"]);

/** Who has one of these may do what people ask of us. */
const SERVES = new Set(["erase", "personal"]);

/** What stands around every page. */
export function Shell() {
  const vocabulary = useVocabulary();
  const me = useMe();
  const theme = useChoice();
  const [isSearching, setIsSearching] = useState(false);
  const isRefused = vocabulary.error instanceof Problem && vocabulary.error.status === 401;
  const { refetch } = me;
  useEffect(() => {
    if (isRefused) void refetch();
  }, [isRefused, refetch]);
  const isInvited = location.pathname === INVITATION && location.hash !== "";
  if (me.data && (!me.data.project || isInvited)) return <SignIn me={me.data} />;
  return (
    <>
      <a className="skip" href="#content">
        To the content
      </a>
      <header>
        {vocabulary.data?.simulated && (
          <p className="ribbon">Simulated data: a made-up shop, not real people</p>
        )}
        <div className="top">
          <span className="name">Ethogram</span>
          {me.data && <Project me={me.data} />}
          <nav aria-label="Pages">
            {PAGES.map(({ to, name }) => (
              <Link key={to} to={to} activeOptions={{ includeSearch: false }}>
                {name}
              </Link>
            ))}
            {me.data?.permissions.includes("people") && <Link to="/people">People</Link>}
            {me.data?.permissions.some((each) => SERVES.has(each)) && (
              <Link to="/requests">Requests</Link>
            )}
            {me.data?.permissions.some((each) => ALLOWS.has(each)) && (
              <Link to="/consent">Consent</Link>
            )}
            {me.data?.permissions.some((each) => MANAGES.has(each)) && <Link to="/team">Team</Link>}
            {me.data?.email && <Link to="/account">Account</Link>}
          </nav>
          <button type="button" className="search" onClick={() => setIsSearching(true)}>
            <span>Find</span>
            <kbd>Ctrl K</kbd>
          </button>
          <div className="theme">
            <Choice label="Colours" labelHidden value={theme} options={themes} onChange={choose} />
          </div>
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        <Outlet />
      </main>
      <Palette isOpen={isSearching} onOpenChange={setIsSearching} />
    </>
  );
}
