import { expect, test } from "vitest";
import { success } from "./outcome";
import { RoomPictures, urlOf } from "./room-pictures";

const WEBP = "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA";
/** The head of one of 16 × 16. */
const JPEG = "_9j_wAARCAAQABAD";

function pictures() {
  const asked: string[] = [];
  const answers: string[] = [WEBP];
  const kept = new RoomPictures({
    getRoomPicture: (roomId) => {
      asked.push(roomId);
      return Promise.resolve(success({ picture: answers.at(-1) ?? null }));
    },
  });
  return { asked, answers, kept };
}

test("a picture is asked for once, and again where it is another", async () => {
  const { asked, answers, kept } = pictures();
  const first = kept.of({ room_id: "a", picture: 5 });
  expect(kept.of({ room_id: "a", picture: 5 })).toBe(first);
  await Promise.resolve();
  expect(first.get()).toBe(`data:image/webp;base64,${WEBP}`);
  answers.push(JPEG);
  const second = kept.of({ room_id: "a", picture: 7 });
  expect(second.get()).toBe(first.get());
  await Promise.resolve();
  expect(second.get()).toBe("data:image/jpeg;base64,/9j/wAARCAAQABAD");
  expect(asked).toEqual(["a", "a"]);
  expect(kept.of({ room_id: "a", picture: null }).get()).toBeNull();
});

test("after a lock nothing is known any more", () => {
  const { asked, kept } = pictures();
  kept.of({ room_id: "a", picture: 5 });
  kept.clear();
  expect(kept.of({ room_id: "a", picture: 5 }).get()).toBeNull();
  expect(asked).toHaveLength(2);
});

test("what is no picture is not drawn", () => {
  for (const wrong of ["", "PHN2Zz4", "iVBORw0KGgo", "UklGRiQAAABXRUJQ"]) expect(urlOf(wrong)).toBeNull();
  // 16,383 pixels wide, in as few bytes.
  expect(urlOf("_9j_wAARCAAQP_8D")).toBeNull();
});
