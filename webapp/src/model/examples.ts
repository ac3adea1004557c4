/** Events that a product might send. Placeholders make each sent event different. */
export const examples: readonly { id: string; label: string; text: string }[] = [
  {
    id: "signup",
    label: "Signup",
    text: `{
  "event": "signup",
  "user_id": {{n}},
  "id": "{{uuid}}",
  "at": "{{now}}",
  "plan": "{{pick free pro team}}",
  "referrer": "{{pick search mail friend}}"
}`,
  },
  {
    id: "page-view",
    label: "Page view",
    text: `{
  "type": "page_view",
  "at": "{{now}}",
  "session": "{{uuid}}",
  "page": "{{pick / /pricing /docs /docs/start /blog}}",
  "viewport": { "width": {{random 360 1920}}, "height": {{random 640 1200}} },
  "loadMs": {{random 80 2400}}
}`,
  },
  {
    id: "order",
    label: "Order",
    text: `{
  "type": "order",
  "order": "o-{{n}}",
  "at": "{{now}}",
  "customer": { "id": "c-{{random 1000 9999}}", "country": "{{pick DE FR NL GB US}}" },
  "lines": [
    { "sku": "KB-104", "quantity": {{random 1 3}}, "price": 89.90 },
    { "sku": "MS-220", "quantity": 1, "price": 34.50 }
  ],
  "currency": "EUR"
}`,
  },
  {
    id: "sensor",
    label: "Sensor",
    text: `{
  "type": "reading",
  "device": "th-{{random 1 40}}",
  "ts": {{now}},
  "temperature": {{random 18.0 26.0}},
  "humidity": {{random 30 70}},
  "battery": {{random 2.70 3.30}}
}`,
  },
];
