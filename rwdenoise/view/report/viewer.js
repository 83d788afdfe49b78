"use strict";
// A viewer shows one part of a photo: before and after, and what was removed. All layers have the same size, and are
// moved and scaled together. A view that several viewers share keeps them in step.

/** Where one looks: the scale in CSS px for each px of the picture (null: fit), the center, and the divider. */
class View {
  constructor() {
    this.scale = null;
    this.center = [0.5, 0.5];
    this.split = 0.5;
    this.mode = "slider";
    this.viewers = [];
  }
  change(values) {
    Object.assign(this, values);
    for (const viewer of this.viewers) viewer.draw();
  }
}

// Beyond that a photo's own pixels are squares, and those of a reduced one would only look like squares.
const MOST_SCALE = 16;
const MOST_SCALE_REDUCED = 4;
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

class Viewer {
  constructor(figure, view) {
    this.figure = figure;
    this.view = view;
    this.stage = figure.querySelector(".pictures");
    this.layers = [...figure.querySelectorAll(".layer")];
    this.size = [Number(figure.dataset.width), Number(figure.dataset.height)];
    this.reduction = Number(figure.dataset.scale);
    this.pointers = new Map();
    this.handle = document.createElement("div");
    this.handle.className = "handle";
    for (const [name, value] of Object.entries({
      role: "slider", tabindex: "0", "aria-label": "Divider between before and after",
      "aria-valuemin": "0", "aria-valuemax": "100",
    })) this.handle.setAttribute(name, value);
    this.stage.append(this.handle);
    this.stage.style.aspectRatio = `${this.size[0]} / ${this.size[1]}`;
    // A crop is as large as its pixels, where there is room for that.
    if (figure.classList.contains("crop")) figure.style.flex = `0 1 ${this.size[0]}px`;
    this.copyMarks();
    figure.classList.add("live");
    view.viewers.push(this);
    this.listen();
  }

  /** The marks lie over what was removed; the switch shows them over the result as well. */
  copyMarks() {
    const marks = this.figure.querySelector(".marks");
    if (marks) this.figure.querySelector(".after").append(marks.cloneNode(true));
  }

  listen() {
    this.stage.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
    this.stage.addEventListener("pointerdown", (event) => this.onDown(event));
    this.stage.addEventListener("pointermove", (event) => this.onMove(event));
    for (const end of ["pointerup", "pointercancel"]) this.stage.addEventListener(end, (event) => this.onUp(event));
    this.stage.addEventListener("dblclick", (event) => this.onDoubleClick(event));
    this.handle.addEventListener("keydown", (event) => this.onHandleKey(event));
    new ResizeObserver(() => this.draw()).observe(this.stage);
  }

  /**
   * The part of the stage in which a layer is seen: all of it, or its half when before and after are side by side,
   * which on a narrow screen means one below the other.
   */
  pane(layer) {
    const { clientWidth: width, clientHeight: height } = this.stage;
    if (this.view.mode !== "side" || layer.classList.contains("removed")) return [0, 0, width, height];
    const second = layer.classList.contains("after");
    const fit = (w, h) => Math.min(w / this.size[0], h / this.size[1]);
    const below = fit(width, height / 2) > 1.02 * fit(width / 2, height);
    if (!below) return [second ? width / 2 + 1 : 0, 0, width / 2 - 1, height];
    return [0, second ? height / 2 + 1 : 0, width, height / 2 - 1];
  }

  get fitting() {
    const [, , width, height] = this.pane(this.layers[0]);
    return Math.min(width / this.size[0], height / this.size[1]);
  }

  get scale() {
    return this.view.scale ?? this.fitting;
  }

  /** The center, so that the picture fills its pane, or lies in the middle of one that is larger. */
  middle() {
    const [, , width, height] = this.pane(this.layers[0]);
    return [width, height].map((pane, axis) => {
      const half = pane / (2 * this.size[axis] * this.scale);
      return half >= 0.5 ? 0.5 : clamp(this.view.center[axis], half, 1 - half);
    });
  }

  draw() {
    if (!this.stage.clientWidth) return;
    const { view, figure, scale } = this;
    for (const mode of ["slider", "side", "removed"]) figure.classList.toggle(mode, view.mode === mode);
    figure.classList.toggle("zoomed", scale > this.fitting * 1.001);
    figure.classList.toggle("pixels", this.reduction === 1 && scale * devicePixelRatio >= 2);
    const [u, v] = this.middle();
    for (const layer of this.layers) {
      const [left, top, width, height] = this.pane(layer);
      Object.assign(layer.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` });
      const place = [width / 2 - u * this.size[0] * scale, height / 2 - v * this.size[1] * scale];
      for (const image of layer.querySelectorAll("img, svg")) {
        image.style.width = `${this.size[0]}px`;
        image.style.height = `${this.size[1]}px`;
        image.style.transform = `translate(${place[0]}px, ${place[1]}px) scale(${scale})`;
      }
      const cut = view.mode === "slider" && layer.classList.contains("after");
      layer.style.clipPath = cut ? `inset(0 0 0 ${100 * view.split}%)` : "none";
    }
    this.handle.style.left = `${100 * view.split}%`;
    this.handle.setAttribute("aria-valuenow", Math.round(100 * view.split));
    figure.dispatchEvent(new CustomEvent("drawn", { bubbles: true }));
  }

  /** The scale in px of the screen for each px of the photo, which may be larger than its picture here. */
  get percent() {
    return 100 * this.scale * this.reduction * devicePixelRatio;
  }

  /** Show each px of the picture as one of the screen. */
  showPixels(at) {
    this.zoomTo(1 / devicePixelRatio, at);
  }

  /** Scale, keeping what is under a point of the stage where it is. */
  zoomTo(scale, at) {
    const least = this.fitting;
    const most = this.reduction === 1 ? MOST_SCALE : MOST_SCALE_REDUCED;
    const next = clamp(scale, least, Math.max(least, most));
    const shift = this.fromMiddle(at);
    const [u, v] = this.middle();
    const center = [u, v].map((value, axis) => value + (shift[axis] / this.size[axis]) * (1 / this.scale - 1 / next));
    this.view.change(next <= least * 1.001 ? { scale: null, center: [0.5, 0.5] } : { scale: next, center });
  }

  zoomBy(factor, at) {
    this.zoomTo(this.scale * factor, at);
  }

  /** How far a point of the screen lies from the middle of the pane that it is in. */
  fromMiddle(at) {
    if (!at) return [0, 0];
    const box = this.stage.getBoundingClientRect();
    const [x, y] = [at[0] - box.left, at[1] - box.top];
    const [, , width, height] = this.pane(this.layers[0]);
    return [x > width && this.view.mode === "side" ? x - box.width + width / 2 : x - width / 2,
      y > height && this.view.mode === "side" ? y - box.height + height / 2 : y - height / 2];
  }

  panBy(dx, dy) {
    const [u, v] = this.middle();
    this.view.change({ center: [u - dx / (this.size[0] * this.scale), v - dy / (this.size[1] * this.scale)] });
  }

  splitAt(x) {
    const box = this.stage.getBoundingClientRect();
    this.view.change({ split: clamp((x - box.left) / box.width, 0, 1) });
  }

  onWheel(event) {
    // At its smallest the page scrolls on, so that one can get past the viewer.
    if (event.deltaY > 0 && this.view.scale === null) return;
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : 16;
    this.zoomBy(Math.exp(-clamp(event.deltaY * lines, -200, 200) * 0.003), [event.clientX, event.clientY]);
  }

  onDown(event) {
    if (event.button !== 0) return;
    this.stage.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, [event.clientX, event.clientY]);
    const split = event.target === this.handle || !this.figure.classList.contains("zoomed");
    this.splitting = split && this.view.mode === "slider";
    if (this.splitting && this.pointers.size === 1) this.splitAt(event.clientX);
    this.figure.classList.toggle("dragging", !this.splitting);
  }

  onMove(event) {
    const last = this.pointers.get(event.pointerId);
    if (!last) return;
    const now = [event.clientX, event.clientY];
    if (this.pointers.size === 2) this.pinch(event.pointerId, last, now);
    else if (this.splitting) this.splitAt(now[0]);
    else this.panBy(now[0] - last[0], now[1] - last[1]);
    this.pointers.set(event.pointerId, now);
  }

  pinch(moving, last, now) {
    const [, other] = [...this.pointers].find(([id]) => id !== moving);
    const distance = (point) => Math.max(1, Math.hypot(point[0] - other[0], point[1] - other[1]));
    const middle = [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2];
    this.zoomBy(distance(now) / distance(last), middle);
    this.panBy((now[0] - last[0]) / 2, (now[1] - last[1]) / 2);
  }

  onUp(event) {
    this.pointers.delete(event.pointerId);
    this.splitting = false;
    this.figure.classList.remove("dragging");
  }

  onDoubleClick(event) {
    if (this.view.scale === null) this.showPixels([event.clientX, event.clientY]);
    else this.view.change({ scale: null, center: [0.5, 0.5] });
  }

  onHandleKey(event) {
    const steps = { ArrowLeft: -0.02, ArrowDown: -0.02, ArrowRight: 0.02, ArrowUp: 0.02, PageDown: -0.1, PageUp: 0.1, Home: -1, End: 1 };
    if (!(event.key in steps)) return;
    event.preventDefault();
    event.stopPropagation();
    this.view.change({ split: clamp(this.view.split + steps[event.key], 0, 1) });
  }
}
