/// Where a gateway listens and what it says about itself.
package struct GatewayConfiguration: Sendable {
    package var host: String
    /// 0 lets the system choose; `onReady` says which.
    package var port: Int
    /// The software's version, for discovery and the CapabilityStatement.
    package var version: String

    package init(host: String = "127.0.0.1", port: Int = 8080, version: String = "0.1.0") {
        self.host = host
        self.port = port
        self.version = version
    }
}
