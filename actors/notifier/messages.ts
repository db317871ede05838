/** What the notifier takes. Until a mail server is configured it says so and sends nothing. */
export type NotifierIn = { readonly type: 'status?' }
