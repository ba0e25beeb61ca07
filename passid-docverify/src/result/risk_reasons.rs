//! The reasons of the risk check: 61 words, and not all of them speak against the person.

use crate::word::open_enum;

open_enum! {
    /// A signal behind the risk recommendation. Some speak for the person, such as `profile_trusted`.
    RiskReason {
        /// `action_is_legit`
        ActionIsLegit = "action_is_legit",
        /// `action_is_suspected_fraud`
        ActionIsSuspectedFraud = "action_is_suspected_fraud",
        /// `behavior_bot_typing`
        BehaviorBotTyping = "behavior_bot_typing",
        /// `behavior_bot`
        BehaviorBot = "behavior_bot",
        /// `behavior_inhuman_input`
        BehaviorInhumanInput = "behavior_inhuman_input",
        /// `behavior_suspicious_input`
        BehaviorSuspiciousInput = "behavior_suspicious_input",
        /// `behavior_suspicious_movement`
        BehaviorSuspiciousMovement = "behavior_suspicious_movement",
        /// `device_bot`
        DeviceBot = "device_bot",
        /// `device_cookie_reused`
        DeviceCookieReused = "device_cookie_reused",
        /// `device_emulated_gpu`
        DeviceEmulatedGpu = "device_emulated_gpu",
        /// `device_emulator`
        DeviceEmulator = "device_emulator",
        /// `device_history_suspicious_fingerprint`
        DeviceHistorySuspiciousFingerprint = "device_history_suspicious_fingerprint",
        /// `device_impossible_travel`
        DeviceImpossibleTravel = "device_impossible_travel",
        /// `device_incognito_browser`
        DeviceIncognitoBrowser = "device_incognito_browser",
        /// `device_old_version`
        DeviceOldVersion = "device_old_version",
        /// `device_origin_anomaly`
        DeviceOriginAnomaly = "device_origin_anomaly",
        /// `device_platform_anomaly`
        DevicePlatformAnomaly = "device_platform_anomaly",
        /// `device_platform_automation`
        DevicePlatformAutomation = "device_platform_automation",
        /// `device_private_browser`
        DevicePrivateBrowser = "device_private_browser",
        /// `device_profile_velocity`
        DeviceProfileVelocity = "device_profile_velocity",
        /// `device_risky_reputation`
        DeviceRiskyReputation = "device_risky_reputation",
        /// `device_rooted`
        DeviceRooted = "device_rooted",
        /// `device_spoofed`
        DeviceSpoofed = "device_spoofed",
        /// `device_suspected_bot`
        DeviceSuspectedBot = "device_suspected_bot",
        /// `device_suspicious_cpu_core`
        DeviceSuspiciousCpuCore = "device_suspicious_cpu_core",
        /// `device_suspicious_display`
        DeviceSuspiciousDisplay = "device_suspicious_display",
        /// `device_suspicious_language`
        DeviceSuspiciousLanguage = "device_suspicious_language",
        /// `device_suspicious_network`
        DeviceSuspiciousNetwork = "device_suspicious_network",
        /// `device_suspicious_platform`
        DeviceSuspiciousPlatform = "device_suspicious_platform",
        /// `device_suspicious_timezone`
        DeviceSuspiciousTimezone = "device_suspicious_timezone",
        /// `device_suspicious_useragent`
        DeviceSuspiciousUseragent = "device_suspicious_useragent",
        /// `device_suspicious_velocity`
        DeviceSuspiciousVelocity = "device_suspicious_velocity",
        /// `device_takeover`
        DeviceTakeover = "device_takeover",
        /// `device_tampered`
        DeviceTampered = "device_tampered",
        /// `device_vm`
        DeviceVm = "device_vm",
        /// `ip_action_velocity`
        IpActionVelocity = "ip_action_velocity",
        /// `ip_country_blocked`
        IpCountryBlocked = "ip_country_blocked",
        /// `ip_is_biz`
        IpIsBiz = "ip_is_biz",
        /// `ip_is_gov`
        IpIsGov = "ip_is_gov",
        /// `ip_is_mil`
        IpIsMil = "ip_is_mil",
        /// `ip_is_vpn`
        IpIsVpn = "ip_is_vpn",
        /// `ip_risky_anonymize`
        IpRiskyAnonymize = "ip_risky_anonymize",
        /// `ip_risky_reputation`
        IpRiskyReputation = "ip_risky_reputation",
        /// `ip_trusted`
        IpTrusted = "ip_trusted",
        /// `profile_action_velocity`
        ProfileActionVelocity = "profile_action_velocity",
        /// `profile_activity_anomaly`
        ProfileActivityAnomaly = "profile_activity_anomaly",
        /// `profile_device_anomaly`
        ProfileDeviceAnomaly = "profile_device_anomaly",
        /// `profile_device_familiar_model`
        ProfileDeviceFamiliarModel = "profile_device_familiar_model",
        /// `profile_device_familiar`
        ProfileDeviceFamiliar = "profile_device_familiar",
        /// `profile_device_new`
        ProfileDeviceNew = "profile_device_new",
        /// `profile_device_velocity`
        ProfileDeviceVelocity = "profile_device_velocity",
        /// `profile_familiar`
        ProfileFamiliar = "profile_familiar",
        /// `profile_impossible_travel`
        ProfileImpossibleTravel = "profile_impossible_travel",
        /// `profile_ip_familiar`
        ProfileIpFamiliar = "profile_ip_familiar",
        /// `profile_location_anomaly`
        ProfileLocationAnomaly = "profile_location_anomaly",
        /// `profile_location_new`
        ProfileLocationNew = "profile_location_new",
        /// `profile_network_anomaly`
        ProfileNetworkAnomaly = "profile_network_anomaly",
        /// `profile_trusted`
        ProfileTrusted = "profile_trusted",
        /// `user_profile_anomaly`
        UserProfileAnomaly = "user_profile_anomaly",
        /// `user_trusted`
        UserTrusted = "user_trusted",
        /// `other`
        OtherSignal = "other",
    }
}
