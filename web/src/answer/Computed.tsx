import type { AnyAnswer } from "../api/types";
import { count, counted } from "../words/numbers";
import { Copy } from "./Copy";
import { command, curl, inPython } from "./snippets";
import "./Computed.css";

/** How the answer was computed: the whole question, and the state that it was asked at. */
export function Computed({ answer }: { answer: AnyAnswer }) {
  const spec = { question: answer.question, ...answer.definition };
  const { position, identity, erasures } = answer.state;
  return (
    <details className="computed">
      <summary>
        <h2>How it was computed</h2>
      </summary>
      <div className="stack">
        <p>
          From the log up to position {count(position)}, identities at version {count(identity)},
          after {counted(erasures, "erasure")}. Asked again at this state, the answer is the same.
        </p>
        <pre className="scrolls" tabIndex={0} aria-label="The question and its state as JSON">
          {JSON.stringify({ definition: spec, state: answer.state }, null, 2)}
        </pre>
        <div className="row">
          <Copy words="Copy as ethogram ask" text={command(spec)} />
          <Copy words="Copy as curl" text={curl(spec)} />
          <Copy words="Copy as Python" text={inPython(spec)} />
          <Copy words="Copy the answer as JSON" text={JSON.stringify(answer, null, 2)} />
        </div>
      </div>
    </details>
  );
}
