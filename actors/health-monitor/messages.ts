/** What the health-monitor takes. Until probes are configured it says so and changes nothing. */
export type HealthIn = { readonly type: 'status?' }
