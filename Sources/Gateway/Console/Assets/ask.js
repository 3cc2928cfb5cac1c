// Asking the node, in words for whoever looks at the page: its errors speak to programs.

const patienceMs = 30_000;

/** The node could not be asked: that says nothing about what it keeps. */
export class Unanswered extends Error {}

/** A message as a sentence. */
export const sentence = (text) =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;

/** The answer, if it is a good one. */
export async function ask(place, options = {}) {
  let answer;
  try {
    answer = await fetch(place, { ...options, signal: AbortSignal.timeout(patienceMs) });
  } catch {
    throw new Unanswered("The node does not answer. Check the connection, then try again.");
  }
  if (answer.ok) return answer;
  if (answer.status === 401) throw new Unanswered("Your session has ended. Log in again with a new link.");
  const error = (await answer.json().catch(() => null))?.error;
  const words = [error?.message ?? "the node could not do this", error?.hint].filter(Boolean);
  throw Object.assign(new Error(words.map(sentence).join(" ")), { status: answer.status });
}

/** All of an answer. */
export async function bytes(answer) {
  try {
    return new Uint8Array(await answer.arrayBuffer());
  } catch {
    throw new Unanswered("The node stopped answering half-way. Try again.");
  }
}

/** The secret of a log-in link, if this page was opened by one; it leaves the address at once. */
export function linkSecret() {
  const token = new URLSearchParams(location.hash.slice(1)).get("login");
  if (token !== null) history.replaceState(null, "", location.pathname + location.search);
  return token;
}

/** Uses a log-in link up and begins anew as its person; gives words where that fails. */
export async function logIn(token) {
  try {
    await ask("/console/session", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token }),
    });
    location.replace("/");
    return null;
  } catch (error) {
    return error instanceof Unanswered && /session/.test(error.message)
      ? "This log-in link was used already, is older than ten minutes, or another node's. Make a new one: cairn link."
      : error.message;
  }
}
