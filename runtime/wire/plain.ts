/**
 * Imported before msgpackr: no native code in the daemon (same behaviour on every architecture, and an addon's crash
 * would end every actor). Module order does the work, so this file must stay the codec's first import.
 */
process.env['MSGPACKR_NATIVE_ACCELERATION_DISABLED'] = 'true'

export {}
