import { Copy } from "../answer/Copy";
import "./FirstEvent.css";

const byCurl = (origin: string) => `curl ${origin}/v1/events \\
  -H "Authorization: Bearer $WRITE_KEY" \\
  -H "Content-Type: application/json" \\
  -d '[{"event": "cart", "user_id": "7", "properties": {"price": 20}}]'`;

const bySegment = (origin: string) => `import os
import segment.analytics as analytics

analytics.write_key = os.environ["WRITE_KEY"]
analytics.host = "${origin}/segment"
analytics.track("7", "cart", {"price": 20})
analytics.flush()`;

/** Where nothing has arrived yet: the one next step, to copy. */
export function FirstEvent() {
  const ways = [
    ["With curl", byCurl(location.origin)],
    ["With a Segment client (here Python)", bySegment(location.origin)],
  ] as const;
  return (
    <section className="first stack" aria-label="Send the first event">
      <p className="headline">Nothing has happened yet. Send the first event.</p>
      <p>
        <code>ethogram keys -w DIR</code> prints the write key. This page wakes by itself when the
        event arrives.
      </p>
      {ways.map(([title, text]) => (
        <div key={title} className="stack">
          <div className="row apart">
            <h2>{title}</h2>
            <Copy words="Copy" text={text} />
          </div>
          <pre className="scrolls" tabIndex={0}>
            {text}
          </pre>
        </div>
      ))}
      <p className="note">
        Or import a file: <code>ethogram import FILE -w DIR</code>.
      </p>
    </section>
  );
}
