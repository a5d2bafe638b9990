import { createRootRoute, createRoute, createRouter, redirect } from "@tanstack/react-router";
import { Account } from "./pages/Account";
import { Ask } from "./pages/Ask";
import { Consent } from "./pages/Consent";
import { Funnel } from "./pages/Funnel";
import { Live } from "./pages/Live";
import { Merges } from "./pages/Merges";
import { Missing } from "./pages/Missing";
import { People } from "./pages/People";
import { Person } from "./pages/Person";
import { Plan } from "./pages/Plan";
import { Requests } from "./pages/Requests";
import { Retention } from "./pages/Retention";
import { Team } from "./pages/Team";
import { Trends } from "./pages/Trends";
import {
  only,
  readAsk,
  readFunnel,
  readPeople,
  readRetention,
  readTrends,
} from "./question/address";
import { Shell } from "./shell/Shell";

const root = createRootRoute({
  component: Shell,
  notFoundComponent: Missing,
});
const getParentRoute = () => root;

const start = createRoute({
  getParentRoute,
  path: "/",
  beforeLoad: () => redirect({ to: "/live", throw: true }),
});
const live = createRoute({ getParentRoute, path: "/live", component: Live });
const trends = createRoute({
  getParentRoute,
  path: "/trends",
  component: Trends,
  validateSearch: only(readTrends),
});
const funnel = createRoute({
  getParentRoute,
  path: "/funnel",
  component: Funnel,
  validateSearch: only(readFunnel),
});
const retention = createRoute({
  getParentRoute,
  path: "/retention",
  component: Retention,
  validateSearch: only(readRetention),
});
const ask = createRoute({
  getParentRoute,
  path: "/ask",
  component: Ask,
  validateSearch: only(readAsk),
});
const plan = createRoute({ getParentRoute, path: "/plan", component: Plan });
const people = createRoute({
  getParentRoute,
  path: "/people",
  component: People,
  validateSearch: only(readPeople),
});
const person = createRoute({ getParentRoute, path: "/people/$id", component: Person });
const team = createRoute({ getParentRoute, path: "/team", component: Team });
const merges = createRoute({ getParentRoute, path: "/merges", component: Merges });
const requests = createRoute({ getParentRoute, path: "/requests", component: Requests });
const consent = createRoute({ getParentRoute, path: "/consent", component: Consent });
const account = createRoute({ getParentRoute, path: "/account", component: Account });
const routeTree = root.addChildren([
  start,
  live,
  trends,
  funnel,
  retention,
  plan,
  ask,
  people,
  person,
  merges,
  team,
  requests,
  consent,
  account,
]);

export const router = createRouter({ routeTree, scrollRestoration: true });

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
