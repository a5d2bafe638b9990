// The pages of the simulated shop. Each click that means something sends a native event.
import { person, renew, send } from "./events.js";

const products = new Map((await (await fetch("products.json")).json()).map((p) => [p.id, p]));
const main = document.querySelector("#main");
const euros = new Intl.NumberFormat(undefined, { style: "currency", currency: "EUR" });
let cart = read();

function read() {
  try {
    const kept = JSON.parse(localStorage.getItem("cart") ?? "[]");
    return kept.filter((id) => products.has(id));
  } catch {
    return [];
  }
}

function keep(ids) {
  cart = ids;
  localStorage.setItem("cart", JSON.stringify(cart));
  document.querySelector("#count").textContent = String(cart.length);
}

/** An element with properties and children; text is always text, never markup. */
function el(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** A drawing for a product: its category's shape in a colour of its own. */
function picture(product) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const hue = [...product.id].reduce((sum, letter) => sum + letter.charCodeAt(0) * 7, 0) % 360;
  const shapes = {
    light: "M60 21 A38 38 0 0 1 60 97 A38 38 0 0 1 60 21 Z M60 41 A18 18 0 0 0 60 77 A18 18 0 0 0 60 41 Z",
    kitchen: "M18 46 H102 A42 46 0 0 1 18 46 Z M18 32 H102 V40 H18 Z",
    desk: "M28 22 H92 V96 H28 Z M40 40 H80 V46 H40 Z M40 56 H80 V62 H40 Z",
    rest: "M22 96 V60 A38 38 0 0 1 98 60 V96 Z M44 96 V62 A16 16 0 0 1 76 62 V96 Z",
  };
  svg.setAttribute("viewBox", "-20 0 160 118");
  svg.setAttribute("class", "picture");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(svg.namespaceURI, "path");
  path.setAttribute("d", shapes[product.category]);
  path.setAttribute("fill-rule", "evenodd");
  path.setAttribute("fill", `hsl(${hue} 45% 52%)`);
  svg.append(path);
  return svg;
}

function about(product) {
  return { product: product.id, category: product.category, price: product.price };
}

function total() {
  return Number(cart.reduce((sum, id) => sum + products.get(id).price, 0).toFixed(2));
}

function catalog() {
  send("catalog");
  const goods = [...products.values()].map((product) => {
    const kind = el("span", { className: "kind" }, product.category);
    const price = el("span", { className: "price" }, euros.format(product.price));
    const words = el("a", { href: `#/product/${product.id}` }, product.name, el("br"), kind, " · ", price);
    return el("li", { className: "good" }, picture(product), words);
  });
  return ["Good things, few of them", el("ul", { className: "goods" }, ...goods)];
}

function product(id) {
  const chosen = products.get(id);
  if (!chosen) return ["There is no such thing here", el("a", { href: "#/" }, "To the catalog")];
  send("product", about(chosen));
  const add = el("button", { type: "button" }, "Put into the cart");
  add.addEventListener("click", () => {
    keep([...cart, id]);
    send("cart", { ...about(chosen), quantity: 1 });
    location.hash = "#/cart";
  });
  const price = el("p", { className: "price" }, euros.format(chosen.price));
  return [chosen.name, picture(chosen), price, el("p", {}, add)];
}

function basket() {
  if (!cart.length) return ["Your cart is empty", el("a", { href: "#/" }, "Look at the catalog")];
  const rows = cart.map((id, at) => {
    const item = products.get(id);
    const remove = el("button", { type: "button", className: "second" }, "Take out");
    remove.setAttribute("aria-label", `Take out ${item.name}`);
    remove.addEventListener("click", () => {
      keep(cart.filter((_, i) => i !== at));
      send("cart_remove", about(item));
      show();
    });
    const price = el("td", { className: "price" }, euros.format(item.price));
    return el("tr", {}, el("td", {}, item.name), el("td", {}, remove), price);
  });
  const sum = el("td", { className: "price" }, euros.format(total()));
  const head = el("tr", {}, el("th", { scope: "row", colSpan: 2 }, "Together"), sum);
  const table = el("table", {}, el("tbody", {}, ...rows), el("tfoot", {}, head));
  return ["Your cart", table, el("a", { className: "button", href: "#/checkout" }, "To the checkout")];
}

function checkout() {
  if (!cart.length) return basket();
  send("checkout_started", { revenue: total(), items: cart.length });
  const city = el("input", { name: "city", autocomplete: "off", required: true, value: "Nowhere" });
  const label = el("label", {}, "Where to? (made up; it is not sent)", city);
  const form = el("form", {}, label, el("button", {}, "To the payment"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    location.hash = "#/payment";
  });
  return ["Where shall it go?", form];
}

function payment() {
  if (!cart.length) return basket();
  const revenue = total();
  const items = cart.length;
  send("payment_started", { revenue, items });
  const pay = el("button", { type: "button" }, `Pay ${euros.format(revenue)} (not really)`);
  pay.addEventListener("click", () => {
    send("payment_done", { revenue, items });
    keep([]);
    location.hash = "#/thanks";
  });
  return ["Pay", el("p", {}, "Nothing is charged: this shop is simulated."), pay];
}

function thanks() {
  const steps = ["catalog", "product", "cart", "checkout_started", "payment_started", "payment_done"];
  const asked = encodeURIComponent(JSON.stringify(steps.map((event) => ({ event }))));
  const funnel = el("a", { href: `/funnel?steps=${asked}` }, "Look at the funnel");
  return ["Thank you", el("p", {}, funnel, " now: you are in its last step."),
    el("a", { href: "#/" }, "Back to the catalog")];
}

const pages = { "": catalog, product, cart: basket, checkout, payment, thanks };

function show() {
  const [, name = "", id = ""] = location.hash.split("/");
  const page = Object.hasOwn(pages, name) ? pages[name] : catalog;
  const [title, ...content] = page(decodeURIComponent(id));
  document.title = `${title} · Quiet Goods, a simulated shop`;
  main.replaceChildren(el("h1", {}, title), ...content);
  document.querySelector("#person").textContent = person();
}

addEventListener("hashchange", () => {
  if (location.hash === "#main") return;
  show();
  main.focus();
  scrollTo(0, 0);
});
document.querySelector("#renew").addEventListener("click", () => {
  renew();
  keep([]);
  if (location.hash === "#/" || !location.hash) show();
  else location.hash = "#/";
});
keep(cart);
show();
