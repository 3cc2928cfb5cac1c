// Uses a log-in link up: its secret stands behind the #, where no server and no proxy sees it.

import { linkSecret, logIn } from "./ask.js";

const state = document.getElementById("state");

async function look() {
  const token = linkSecret();
  if (token === null) return;
  state.textContent = "Logging in…";
  state.className = "";
  const words = await logIn(token);
  if (words === null) return;
  state.textContent = words;
  state.className = "bad";
}

addEventListener("hashchange", look);
look();
