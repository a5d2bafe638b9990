import { useEffect, useState } from "react";

/** Copies `text`; says so where it did. */
export function Copy({ words, text }: { words: string; text: string }) {
  const [copied, setCopied] = useState<boolean | null>(null);
  useEffect(() => {
    if (copied === null) return;
    const timer = setTimeout(() => setCopied(null), 2_000);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = () => {
    // A page that is not served from this machine or by HTTPS has no clipboard.
    const clipboard = navigator.clipboard as Clipboard | undefined;
    if (!clipboard) {
      setCopied(false);
      return;
    }
    clipboard.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };
  return (
    <span className="row">
      <button type="button" onClick={copy}>
        {words}
      </button>
      <span role="status" className="note">
        {copied === null ? "" : copied ? "Copied." : "The browser did not allow it."}
      </span>
    </span>
  );
}
