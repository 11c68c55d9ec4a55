import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { MAX_TEXT_LEN } from "../../state/limits";
import { FakeCore } from "../../testing/fake-core";
import { alice, room } from "../../testing/fake-data";
import { show } from "../../testing/render";
import { Composer } from "./composer";

const design = room("design", "Design", [alice]);
const box = () => screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Message" });
const sent = (core: FakeCore) => core.sent.filter((command) => command.type === "send_text");

test("Enter sends, Shift+Enter breaks the line", async () => {
  const { core } = show(<Composer room={design} title="Design" />);
  await userEvent.type(box(), "one{Shift>}{Enter}{/Shift}two{Enter}");
  expect(sent(core)).toEqual([{ type: "send_text", room_id: "design", text: "one\ntwo", message_id: expect.any(String) as unknown }]);
  expect(box().value).toBe("");
});

test("what could not be sent is in the box again, with the reason", async () => {
  const core = new FakeCore(true);
  core.answers.set("send_text", { type: "failed", value: { code: "store_failed", params: {} } });
  show(<Composer room={design} title="Design" />, core);
  await userEvent.type(box(), "precious{Enter}");
  await waitFor(() => {
    expect(screen.getByRole("alert").textContent).toContain("could not store");
  });
  expect(box().value).toBe("precious");
});

test("what is sent again after a failure is the same message, the next one is another", async () => {
  const core = new FakeCore(true);
  core.answers.set("send_text", { type: "failed", value: { code: "core_failed", params: {} } });
  show(<Composer room={design} title="Design" />, core);
  await userEvent.type(box(), "precious{Enter}");
  await screen.findByRole("alert");
  core.answers.delete("send_text");
  await userEvent.type(box(), "{Enter}");
  await waitFor(() => {
    expect(box().value).toBe("");
  });
  await userEvent.type(box(), "precious{Enter}");
  const ids = sent(core).map(({ message_id }) => message_id);
  expect(ids).toHaveLength(3);
  expect(ids[1]).toBe(ids[0]);
  expect(ids[2]).not.toBe(ids[0]);
});

test("a text that is too long is said and not sent", async () => {
  const { core } = show(<Composer room={design} title="Design" />);
  const long = "ä".repeat(MAX_TEXT_LEN / 2 + 1);
  await userEvent.click(box());
  await userEvent.paste(long);
  await userEvent.keyboard("{Enter}");
  expect(screen.getByRole("alert").textContent).toContain("2 bytes too long");
  expect(box().value).toBe(long);
  expect(sent(core)).toEqual([]);
});

test("a draft waits in its room", async () => {
  const first = show(<Composer room={design} title="Design" />);
  await userEvent.type(box(), "half a");
  expect(first.client.drafts.get("design")).toBe("half a");
});
