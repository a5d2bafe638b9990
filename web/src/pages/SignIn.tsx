/** For those whom the server does not know yet. */
export function SignIn() {
  return (
    <main className="shut stack">
      <title>Open the printed address – Ethogram</title>
      <h1>Open the address that the server printed.</h1>
      <p>
        It carries the key that lets you in, like <code>{location.origin}/?key=…</code>. It stands
        where <code>ethogram serve</code> or <code>ethogram demo</code> was started; opening it once
        is enough for this browser.
      </p>
      <p className="note">
        Code: <code>401</code>. Nothing was shown and nothing was changed.
      </p>
    </main>
  );
}
