// Uses a log-in link up: its secret stands behind the #, where no server and no proxy sees it.

const state = document.getElementById("state");

async function begin(token) {
  history.replaceState(null, "", location.pathname);
  state.textContent = "Logging in…";
  try {
    const answer = await fetch("/console/session", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token }),
    });
    if (answer.ok) return location.replace("/");
    const { error } = await answer.json();
    state.textContent = `${error.message[0].toUpperCase()}${error.message.slice(1)}. ${error.hint ?? ""}`;
    state.className = "bad";
  } catch {
    state.textContent = "The node does not answer. Check the connection, then open the link again.";
    state.className = "bad";
  }
}

function look() {
  const token = new URLSearchParams(location.hash.slice(1)).get("login");
  if (token) begin(token);
}

addEventListener("hashchange", look);
look();
