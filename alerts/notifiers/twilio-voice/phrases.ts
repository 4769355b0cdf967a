/** What the voice itself says; the cause comes from the page. No digits with a unit, no markup: it is read aloud. */
export interface Phrases {
  /** How it is read, for Twilio. */
  language: string;
  /** @param number 1 to 4 */
  priority(number: number): string;
  /** @param next whom the next step tells; null when nobody is left */
  menu(next: string | null): string;
  /** @param monitors how many, at least one */
  stillFailing(monitors: number): string;
  acknowledged: string;
  escalated: string;
  closed: string;
  quiet: string;
  /** What the key did counts, but is not on disk. */
  unwritten: string;
  /** No open incident is meant any more. */
  over: string;
  unknownKey: string;
  nobodyPressed: string;
}

const en: Omit<Phrases, 'language'> = {
  priority: (number) => `Priority ${['one', 'two', 'three', 'four'][number - 1]}.`,
  menu: (next) =>
    `Press 4 to acknowledge, ${next ? `5 to escalate to ${next}, ` : ''}6 to resolve, star to hear it again.`,
  stillFailing: (monitors) =>
    `${monitors === 1 ? 'One monitor still fails' : `${monitors} monitors still fail`}. Press 6 again to be quiet about it for thirty minutes, 4 to acknowledge, star to hear it again.`,
  acknowledged: 'Acknowledged. Good-bye.',
  escalated: 'Passed on. Good-bye.',
  closed: 'Resolved. Good-bye.',
  quiet: 'Quiet for thirty minutes. Good-bye.',
  unwritten: 'It counts, but could not be written down. Should the watcher restart, you may be called again. Good-bye.',
  over: 'This incident is over. Good-bye.',
  unknownKey: 'That key means nothing.',
  nobodyPressed: 'No key was pressed, so nobody has taken it yet. Good-bye.',
};

const de: Omit<Phrases, 'language'> = {
  priority: (number) => `Priorität ${['eins', 'zwei', 'drei', 'vier'][number - 1]}.`,
  menu: (next) =>
    `Drücken Sie 4 zum Übernehmen, ${next ? `5 zum Weitergeben an ${next}, ` : ''}6 zum Schließen, Stern zum Wiederholen.`,
  stillFailing: (monitors) =>
    `${monitors === 1 ? 'Ein Monitor schlägt noch fehl' : `${monitors} Monitore schlagen noch fehl`}. Drücken Sie noch einmal 6 für dreißig Minuten Ruhe, 4 zum Übernehmen, Stern zum Wiederholen.`,
  acknowledged: 'Übernommen. Auf Wiederhören.',
  escalated: 'Weitergegeben. Auf Wiederhören.',
  closed: 'Geschlossen. Auf Wiederhören.',
  quiet: 'Dreißig Minuten Ruhe. Auf Wiederhören.',
  unwritten:
    'Es gilt, konnte aber nicht festgehalten werden. Nach einem Neustart werden Sie vielleicht noch einmal angerufen. Auf Wiederhören.',
  over: 'Dieser Vorfall ist vorbei. Auf Wiederhören.',
  unknownKey: 'Diese Taste hat keine Bedeutung.',
  nobodyPressed: 'Es wurde keine Taste gedrückt, also hat ihn noch niemand übernommen. Auf Wiederhören.',
};

const ko: Omit<Phrases, 'language'> = {
  priority: (number) => `우선순위 ${['일', '이', '삼', '사'][number - 1]}.`,
  menu: (next) =>
    `확인하시려면 4번, ${next ? `${next} 담당자에게 넘기시려면 5번, ` : ''}종료하시려면 6번, 다시 들으시려면 별표를 눌러 주세요.`,
  stillFailing: (monitors) =>
    `모니터 ${monitors}개가 아직 실패하고 있습니다. 30분 동안 알림을 멈추시려면 6번을 한 번 더, 확인하시려면 4번, 다시 들으시려면 별표를 눌러 주세요.`,
  acknowledged: '확인되었습니다. 안녕히 계세요.',
  escalated: '다음 담당자에게 넘겼습니다. 안녕히 계세요.',
  closed: '종료되었습니다. 안녕히 계세요.',
  quiet: '30분 동안 알림을 멈춥니다. 안녕히 계세요.',
  unwritten: '처리되었지만 기록하지 못했습니다. 시스템이 다시 시작되면 다시 전화가 갈 수 있습니다. 안녕히 계세요.',
  over: '이 장애는 이미 끝났습니다. 안녕히 계세요.',
  unknownKey: '사용하지 않는 번호입니다.',
  nobodyPressed: '입력이 없어 아직 아무도 확인하지 않았습니다. 안녕히 계세요.',
};

const ja: Omit<Phrases, 'language'> = {
  priority: (number) => `優先度${['一', '二', '三', '四'][number - 1]}。`,
  menu: (next) => `確認は4、${next ? `${next}への引き継ぎは5、` : ''}終了は6、もう一度聞くには米印を押してください。`,
  stillFailing: (monitors) =>
    `モニター${monitors}件がまだ失敗しています。30分間通知を止めるにはもう一度6、確認は4、もう一度聞くには米印を押してください。`,
  acknowledged: '確認しました。失礼します。',
  escalated: '次の担当者に引き継ぎました。失礼します。',
  closed: '終了しました。失礼します。',
  quiet: '30分間通知を止めます。失礼します。',
  unwritten: '受け付けましたが、記録できませんでした。再起動すると、もう一度お電話することがあります。失礼します。',
  over: 'この障害はすでに終わっています。失礼します。',
  unknownKey: 'その番号は使われていません。',
  nobodyPressed: '入力がなかったため、まだ誰も確認していません。失礼します。',
};

const fr: Omit<Phrases, 'language'> = {
  priority: (number) => `Priorité ${['un', 'deux', 'trois', 'quatre'][number - 1]}.`,
  menu: (next) =>
    `Appuyez sur 4 pour prendre en charge, ${next ? `5 pour transmettre à ${next}, ` : ''}6 pour clore, étoile pour réécouter.`,
  stillFailing: (monitors) =>
    `${monitors === 1 ? 'Une sonde échoue encore' : `${monitors} sondes échouent encore`}. Appuyez encore sur 6 pour trente minutes de silence, 4 pour prendre en charge, étoile pour réécouter.`,
  acknowledged: 'Pris en charge. Au revoir.',
  escalated: 'Transmis. Au revoir.',
  closed: 'Clos. Au revoir.',
  quiet: 'Silence pendant trente minutes. Au revoir.',
  unwritten:
    "C'est pris en compte, mais n'a pas pu être enregistré. Après un redémarrage, vous pourriez être rappelé. Au revoir.",
  over: 'Cet incident est terminé. Au revoir.',
  unknownKey: 'Cette touche ne sert à rien.',
  nobodyPressed: "Aucune touche n'a été pressée, personne ne l'a donc pris en charge. Au revoir.",
};

const es: Omit<Phrases, 'language'> = {
  priority: (number) => `Prioridad ${['uno', 'dos', 'tres', 'cuatro'][number - 1]}.`,
  menu: (next) =>
    `Pulse 4 para aceptar, ${next ? `5 para pasarlo a ${next}, ` : ''}6 para cerrar, asterisco para oírlo de nuevo.`,
  stillFailing: (monitors) =>
    `${monitors === 1 ? 'Un monitor sigue fallando' : `${monitors} monitores siguen fallando`}. Pulse 6 otra vez para treinta minutos de silencio, 4 para aceptar, asterisco para oírlo de nuevo.`,
  acknowledged: 'Aceptado. Adiós.',
  escalated: 'Pasado al siguiente. Adiós.',
  closed: 'Cerrado. Adiós.',
  quiet: 'Silencio durante treinta minutos. Adiós.',
  unwritten:
    'Se ha tenido en cuenta, pero no se pudo registrar. Tras un reinicio, puede que le volvamos a llamar. Adiós.',
  over: 'Este incidente ha terminado. Adiós.',
  unknownKey: 'Esa tecla no significa nada.',
  nobodyPressed: 'No se pulsó ninguna tecla, así que nadie lo ha aceptado todavía. Adiós.',
};

const SPOKEN: Readonly<Record<string, Omit<Phrases, 'language'>>> = { en, de, ko, ja, fr, es };

/**
 * Languages of Twilio's <Say>: https://www.twilio.com/docs/voice/twiml/say/text-speech. Another one would make a call
 * that says nothing.
 */
export const LANGUAGES = (
  'ar-XA bg-BG bn-IN ca-ES cmn-CN cs-CZ da-DK de-AT de-DE el-GR en-AU en-CA en-GB en-IN en-NZ en-US en-ZA es-ES es-MX ' +
  'es-US fi-FI fil-PH fr-CA fr-FR gl-ES he-IL hi-IN hu-HU id-ID it-IT ja-JP ko-KR lt-LT lv-LV ms-MY nb-NO nl-BE nl-NL ' +
  'pl-PL pt-BR pt-PT ro-RO ru-RU sk-SK sr-RS sv-SE th-TH tr-TR uk-UA vi-VN yue-HK zh-CN zh-HK zh-TW'
).split(' ');

/** English, read by an English voice, where a language has no phrases yet. */
export function phrasesOf(language: string): Phrases {
  const spoken = SPOKEN[language.split('-')[0]!];
  return spoken ? { language, ...spoken } : { language: 'en-US', ...en };
}

/** The one that Twilio speaks of a person's language, which may lack the country: `ko` is `ko-KR`. */
export function spokenLanguage(language: string | null): string | null {
  if (language === null || language === 'en') return language && 'en-US';
  const wanted = [language, `${language}-${language.toUpperCase()}`];
  return (
    LANGUAGES.find((one) => wanted.includes(one)) ?? LANGUAGES.find((one) => one.startsWith(`${language}-`)) ?? null
  );
}
