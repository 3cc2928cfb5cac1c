/// Where a gateway listens and what it says about itself.
package struct GatewayConfiguration: Sendable {
    package var host: String
    /// 0 lets the system choose; `onReady` says which.
    package var port: Int
    /// The software's version, for discovery and the CapabilityStatement.
    package var version: String
    /// Where other members' nodes reach this one; `nil` where they do not.
    package var peerURL: @Sendable () async -> String?

    package init(
        host: String = "127.0.0.1", port: Int = 8080, version: String,
        peerURL: @escaping @Sendable () async -> String? = { nil }
    ) {
        self.host = host
        self.port = port
        self.version = version
        self.peerURL = peerURL
    }
}
