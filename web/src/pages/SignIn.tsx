/** For those whom the server does not know yet; `code` is what it answered. */
export function SignIn({ code }: { code: string }) {
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
        Code: <code>{code}</code>. Nothing was shown and nothing was changed.
      </p>
    </main>
  );
}
