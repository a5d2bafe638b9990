import { useQueryClient } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { ProblemNote } from "../answer/ProblemNote";
import { Problem, post } from "../api/client";
import type { Me } from "../api/types";
import "./SignIn.css";

export const INVITATION = "/invitation";

/** Why the provider's way back led nowhere, before the router makes an address of its own. */
const refused = new URLSearchParams(location.search).get("refused");
const REASONS: Record<string, string> = {
  another_account:
    "There is an account here with this address. Sign in to it by its password, and then with the provider: from then on both lead to it.",
  no_role: "You are known, and have no role here. Ask whoever runs this server for one.",
  no_provider: "The provider does not answer. Try again in a moment.",
};
const OTHERWISE = "The sign-in did not come to its end, or took too long. Begin again.";

/** For those whom the server does not know yet; `me` says how they become known. */
export function SignIn({ me }: { me: Me }) {
  const invitation = location.pathname === INVITATION ? location.hash.slice(1) : "";
  if (invitation) return <Entry kind="invitation" invitation={invitation} email={me.email} />;
  if (me.sign_in === "key") return <WithKey />;
  return <Entry kind={me.sign_in === "code" ? "first" : "password"} provider={me.provider} />;
}

const WORDS = {
  password: { title: "Sign in", button: "Sign in", path: "/api/session" },
  first: { title: "Make the first account", button: "Make it", path: "/api/session/first" },
  invitation: {
    title: "Take up the invitation",
    button: "Join",
    path: "/api/session/invitation",
  },
};

interface EntryProps {
  kind: keyof typeof WORDS;
  invitation?: string;
  provider?: string | null;
  /** Who is signed in already, and needs no password for an invitation of theirs. */
  email?: string | null;
}

function Entry({ kind, invitation, provider, email }: EntryProps) {
  const queries = useQueryClient();
  const [problem, setProblem] = useState<Error | null>(null);
  const [isWaiting, setIsWaiting] = useState(false);
  const needsCode = problem instanceof Problem && problem.code === "second_factor";
  const [hasFactor, setHasFactor] = useState(false);
  const words = WORDS[kind];

  async function enter(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const said = Object.fromEntries(new FormData(event.currentTarget));
    setIsWaiting(true);
    try {
      const me = await post<Me>(words.path, invitation ? { ...said, invitation } : said);
      if (location.pathname === INVITATION) location.replace("/");
      queries.setQueryData(["me"], me);
      await queries.resetQueries();
    } catch (failure) {
      if (failure instanceof Problem && failure.code === "second_factor") setHasFactor(true);
      setProblem(failure as Error);
    } finally {
      setIsWaiting(false);
    }
  }

  return (
    <main className="shut stack">
      <title>{`${words.title} – Ethogram`}</title>
      <h1>{words.title}</h1>
      <form className="sign-in" onSubmit={(event) => void enter(event)}>
        {kind === "first" && (
          <label className="label">
            Code that the server printed
            <input name="code" required autoComplete="off" />
          </label>
        )}
        {kind !== "invitation" && (
          <label className="label">
            E-mail address
            <input name="email" type="email" required autoComplete="username" />
          </label>
        )}
        {email && <p className="note">You are signed in as {email}; no password is needed.</p>}
        <label className="label">
          Password
          <input
            name="password"
            type="password"
            required={!email}
            autoComplete={kind === "password" ? "current-password" : "new-password"}
          />
        </label>
        {hasFactor && (
          <label className="label">
            Code of your second factor
            <input name="code" required autoComplete="one-time-code" />
          </label>
        )}
        <button type="submit" className="chief" disabled={isWaiting}>
          {words.button}
        </button>
      </form>
      {provider && <a href="/api/session/provider">Sign in with {provider}</a>}
      {provider && refused !== null && <p role="alert">{REASONS[refused] ?? OTHERWISE}</p>}
      {problem && !needsCode && <ProblemNote error={problem} />}
    </main>
  );
}

function WithKey() {
  return (
    <main className="shut stack">
      <title>Open the printed address – Ethogram</title>
      <h1>Open the address that the server printed.</h1>
      <p>
        It looks like <code>{location.origin}/?key=KEY</code> and carries the key that lets you in.
        It stands where <code>ethogram serve</code> or <code>ethogram demo</code> was started, and{" "}
        <code>ethogram keys</code> prints its read key again. Opening it once is enough for this
        browser.
      </p>
      <p className="note">
        Code: <code>no_key</code>. Nothing was shown and nothing was changed.
      </p>
    </main>
  );
}
