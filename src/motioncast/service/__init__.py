"""The service: predictions, money, storage and webhooks around `motioncast.animate`, durable on one machine."""
