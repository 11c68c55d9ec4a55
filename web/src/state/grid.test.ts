import { expect, test } from "vitest";
import { bestGrid, CORNERS, GAP_PX, MAX_TILES, ownSize, planGrid, planStage } from "./grid";

const DESKTOP = { width: 1252, height: 640 };
const PHONE = { width: 374, height: 560 };
const NARROW = { width: 304, height: 420 };
const TURNED = { width: 828, height: 260 };

test("the grid fits its box", () => {
  for (const count of [1, 2, 3, 9, 25]) {
    const { columns, rows, width, height } = bestGrid(count, 1000, 600, 10);
    expect(columns * rows).toBeGreaterThanOrEqual(count);
    expect(columns * width + (columns - 1) * 10).toBeLessThanOrEqual(1000);
    expect(rows * height + (rows - 1) * 10).toBeLessThanOrEqual(600);
  }
});

test("a picture keeps its sides where the box is wide", () => {
  for (const count of [1, 2, 3, 9, 25]) {
    const { width, height } = bestGrid(count, 1016, 604, 10);
    expect(width / height).toBeGreaterThan(1.3);
  }
});

test("everybody has a place on some page, none is a stamp, and pages are alike", () => {
  for (const box of [DESKTOP, PHONE, NARROW, TURNED]) {
    for (const count of [1, 4, 25, 26, 49, 400]) {
      const { grid, pages, perPage } = planGrid(count, box, "bottom-right");
      expect(perPage * pages).toBeGreaterThanOrEqual(count);
      expect(perPage * pages - count).toBeLessThan(pages);
      expect(perPage).toBeLessThanOrEqual(MAX_TILES);
      expect(grid.width).toBeGreaterThanOrEqual(132);
      expect(grid.height).toBeGreaterThanOrEqual(84);
    }
  }
  expect(planGrid(25, DESKTOP, "bottom-right").pages).toBe(1);
  expect(planGrid(26, DESKTOP, "bottom-right")).toMatchObject({ pages: 2, perPage: 13 });
});

test("one's own picture has a corner of its own, at the side of a wide stage, else above or below", () => {
  for (const corner of CORNERS) {
    for (const box of [DESKTOP, PHONE, NARROW, TURNED]) {
      const { clear, grid } = planGrid(4, box, corner);
      const own = ownSize(box);
      const side = box.width > 700;
      const kept = Object.entries(clear).filter(([, space]) => space > 0);
      expect(kept).toHaveLength(1);
      expect(corner).toContain(kept[0]?.[0]);
      expect(kept[0]?.[1]).toBeGreaterThan(side ? own.width : own.height);
      expect(clear.left + clear.right + grid.columns * (grid.width + GAP_PX) - GAP_PX).toBeLessThanOrEqual(box.width);
      expect(clear.top + clear.bottom + grid.rows * (grid.height + GAP_PX) - GAP_PX).toBeLessThanOrEqual(box.height);
    }
  }
  expect(planGrid(1, DESKTOP, "top-left").clear.left).toBe(0);
});

test("a strip is at the side of a wide stage and below a high one, and leaves most to the large tile", () => {
  expect(planStage(5, DESKTOP, "screen").strip).toBe("side");
  expect(planStage(5, TURNED, "screen").strip).toBe("side");
  expect(planStage(5, PHONE, "screen").strip).toBe("below");
  expect(planStage(5, NARROW, "camera").strip).toBe("below");
  for (const box of [DESKTOP, PHONE, NARROW, TURNED]) {
    const { main, fits, strip, thickness } = planStage(5, box, "screen");
    expect(main.width * main.height).toBeGreaterThan(0.6 * box.width * box.height);
    expect((strip === "side" ? main.width : main.height) + thickness + GAP_PX).toBeLessThanOrEqual(strip === "side" ? box.width : box.height);
    expect(fits).toBeGreaterThanOrEqual(1);
  }
});

test("without others the large tile has it all", () => {
  expect(planStage(0, DESKTOP, "screen")).toMatchObject({ strip: null, main: DESKTOP });
});

test("a box without a size, as before the first look, asks for no negative tiles", () => {
  const nothing = { width: 0, height: 0 };
  expect(planGrid(30, nothing, "top-left").pages).toBe(2);
  expect(planStage(3, nothing, "screen").main).toEqual(nothing);
});
