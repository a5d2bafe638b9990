/** The pages, each with its question. */
export const PAGES = [
  { to: "/live", name: "Live", question: "What is happening now?" },
  { to: "/trends", name: "Trends", question: "How much happens?" },
  { to: "/funnel", name: "Funnel", question: "Which step loses people?" },
  { to: "/retention", name: "Retention", question: "Who comes back?" },
  { to: "/plan", name: "Plan", question: "Does what arrives fit the plan?" },
  { to: "/ask", name: "Ask", question: "What else do you want to know?" },
] as const;
