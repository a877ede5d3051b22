// What only time and bad luck do, done in the database of a running server.
import { execFileSync } from "node:child_process";
import { join } from "node:path";

function sql(berth, text) {
  execFileSync("sqlite3", [join(berth.data, "berth.db")], { input: `PRAGMA busy_timeout=60000;\n${text}` });
}

// ageSessions lets it be so many minutes since somebody has shown who it is.
export function ageSessions(berth, user, minutes) {
  sql(berth, `UPDATE sessions SET confirmed_at = confirmed_at - ${minutes * 60e6} WHERE user_id = (SELECT id FROM owners WHERE name = '${user}');`);
}

// ageVersions lets it be so many days since the versions of a package were pushed.
export function ageVersions(berth, name, days) {
  const [owner, ...path] = name.split("/");
  const id = `(SELECT p.id FROM packages p JOIN owners o ON o.id = p.owner_id WHERE o.name = '${owner}' AND p.path = '${path.join("/")}')`;
  for (const [table, columns] of Object.entries({ manifests: ["pushed_at", "updated_at"], tags: ["created_at", "updated_at"] })) {
    sql(berth, `UPDATE ${table} SET ${columns.map((c) => `${c} = ${c} - ${days * 86_400e6}`)} WHERE package_id = ${id};`);
  }
}

// breaks opens the administrator's overview while what it reads is not there.
export const breaks = (berth) => async (w) => {
  w.allow(/status of 500/);
  sql(berth, "ALTER TABLE figures RENAME TO gone;");
  try {
    await w.go("/-/admin", 500);
  } finally {
    sql(berth, "ALTER TABLE gone RENAME TO figures;");
  }
};
