/// What a route does: the name that permissions, handlers and metrics share.
package enum Operation: String, Sendable, CaseIterable {
    // Health and discovery.
    case livez, readyz, metrics, discovery
    // People and tokens.
    case issueToken, people, person, oneself
    // The ledger.
    case invite, joinRequests
    case genesis, head, contracts, proposals, proposal, submit, transaction
    case proofOfRecord, proofOfResource, stateProof
    case snapshot, audit
    case blocks, block, blockTransactions, transactionProof
    // The channel's log, for whoever checks it from outside, and this node as a witness of others.
    case logCheckpoint, logTile, logEntries, logConsistency, logInclusion
    case logTimestamps, stampedCheckpoint, timestamp, addCheckpoint
    case openAPI
    // FHIR.
    case capabilities, bundle, create, search, searchForm, read, update, delete, history, vread
    // Files of any kind under /fhir/Binary.
    case createBinary, updateBinary, readBinary, vreadBinary

    // The console: pages and what they fetch.
    case home, asset, openSession, closeSession, makeLink
    case findPatients, patientPage, patientTimeline, patientRecord, patientProof, patientFile
    case patientFileProof
    case network, events

    /// What is answered with a page, failures included.
    static let pages: Set<Operation> = [.home, .findPatients, .patientPage, .network]

    /// What machines ask that look after a node.
    static let health: Set<Operation> = [.livez, .readyz]
}
