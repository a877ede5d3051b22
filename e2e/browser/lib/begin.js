// A server and a browser, which begin and end together.
import { Berth } from "./berth.js";
import { launch } from "./window.js";

// begin starts both. When one of them does not come, the other does not stay.
export async function begin() {
  const started = await Promise.allSettled([Berth.start(), launch()]);
  const [berth, browser] = started.map((s) => s.value);
  const failed = started.find((s) => s.status === "rejected");
  if (!failed) return { berth, browser };
  await end({ berth, browser });
  throw failed.reason;
}

// end ends what there is of them.
export async function end({ berth, browser }) {
  try {
    await browser?.close();
  } finally {
    try {
      await berth?.stop();
    } finally {
      await berth?.remove();
    }
  }
}
