import { Link } from "@tanstack/react-router";

/** For an address that leads nowhere. */
export function Missing() {
  return (
    <header className="page-head">
      <title>No such page – Ethogram</title>
      <h1>There is no page here.</h1>
      <p>
        The address may be mistyped. <Link to="/live">See what is happening now</Link>, or use Find
        above.
      </p>
    </header>
  );
}
