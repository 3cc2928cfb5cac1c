import Hummingbird
import Identity
import Node

/// What handlers work with; each operation's handler is an extension in a file of its own.
struct Handlers: Sendable {
    let node: CairnNode
    let configuration: GatewayConfiguration
    let tokens: TokenIssuer
    let audience: String
    /// Milliseconds since 1970.
    let clock: @Sendable () -> UInt64
    let metrics: PrometheusRegistry
    let lifecycle: GatewayLifecycle
    let sessions: Sessions
    let cookie: SessionCookie
    let authenticator: Authenticator
    let live: LiveStreams
    /// When the gateway was made: what it can do does not change after that.
    let startedMs: UInt64

    var records: Records { node.records }

    func answer(_ call: Call) async throws -> Response {
        let (call, waitsForFinal) = try FinalWait.split(call)
        let response = try await carryOut(call)
        return waitsForFinal ? try await FinalWait.finish(response, node) : response
    }

    private func carryOut(_ call: Call) async throws -> Response {
        switch call.operation {
        case .livez: livez()
        case .readyz: readyz()
        case .metrics: try scrape(call)
        case .discovery: discovery()
        case .issueToken: try await issueToken(call)
        case .people: try people(call)
        case .person: try person(call)
        case .oneself: try oneself(call)
        case .genesis: genesis()
        case .invite: try await invite(call)
        case .joinRequests: try joinRequests(call)
        case .head: try head(call)
        case .contracts: try contracts(call)
        case .proposals: try proposals(call)
        case .proposal: try proposal(call)
        case .submit: try await submit(call)
        case .transaction: try transaction(call)
        case .snapshot: try await snapshot(call)
        case .audit: try audit(call)
        case .proofOfRecord: try await proofOfRecord(call)
        case .proofOfResource: try await proofOfResource(call)
        case .blocks, .block, .blockTransactions, .transactionProof, .logCheckpoint, .logTile,
            .logEntries, .logConsistency, .logInclusion, .logTimestamps, .stampedCheckpoint,
            .timestamp, .addCheckpoint, .openAPI:
            try await explore(call)
        case .stateProof: try await stateProof(call)
        case .capabilities: try capabilities(call)
        case .bundle: try await bundle(call)
        case .create: try await create(call)
        case .search: try search(call)
        case .searchForm: try await searchForm(call)
        case .read: try read(call)
        case .update: try await update(call)
        case .delete: try await delete(call)
        case .history: try history(call)
        case .vread: try vread(call)
        case .createBinary: try await createBinary(call)
        case .updateBinary: try await updateBinary(call)
        case .readBinary: try readBinary(call)
        case .vreadBinary: try vreadBinary(call)
        case .home, .asset, .openSession, .closeSession, .makeLink, .findPatients, .patientPage,
            .patientTimeline, .patientRecord, .patientProof, .patientFile, .patientFileProof,
            .network, .events:
            try await answerConsole(call)
        }
    }

    private func explore(_ call: Call) async throws -> Response {
        switch call.operation {
        case .blocks: try blocks(call)
        case .block: try block(call)
        case .blockTransactions: try blockTransactions(call)
        case .transactionProof: try await transactionProof(call)
        case .logCheckpoint: try logCheckpoint(call)
        case .logTile: try logTile(call)
        case .logEntries: try logEntries(call)
        case .logConsistency: try logConsistency(call)
        case .logInclusion: try logInclusion(call)
        case .logTimestamps: try logTimestamps(call)
        case .stampedCheckpoint: try stampedCheckpoint(call)
        case .timestamp: try timestamp(call)
        case .addCheckpoint: try await addCheckpoint(call)
        case .openAPI: try openAPI(call)
        default: throw NodeError(.notFound, "there is nothing at this path")
        }
    }

    private func answerConsole(_ call: Call) async throws -> Response {
        switch call.operation {
        case .home: try home(call)
        case .asset: try asset(call)
        case .openSession: try await openSession(call)
        case .closeSession: try closeSession(call)
        case .makeLink: try await makeLink(call)
        case .findPatients: try findPatients(call)
        case .patientPage: try patientPage(call)
        case .patientTimeline: try await patientTimeline(call)
        case .patientRecord: try patientRecord(call)
        case .patientProof: try await patientProof(call)
        case .patientFile: try patientFile(call)
        case .patientFileProof: try await patientFileProof(call)
        case .network: try network(call)
        case .events: try events(call)
        default: throw NodeError(.notFound, "there is nothing at this path")
        }
    }
}
