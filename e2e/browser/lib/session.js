// What only time does to a session.
import { execFileSync } from "node:child_process";
import { join } from "node:path";

// age lets it be so many minutes since somebody has shown who it is.
export function age(berth, user, minutes) {
  const text = `PRAGMA busy_timeout=10000;
    UPDATE sessions SET confirmed_at = confirmed_at - ${minutes * 60e6} WHERE user_id = (SELECT id FROM owners WHERE name = '${user}');`;
  execFileSync("sqlite3", [join(berth.data, "berth.db")], { input: text });
}
