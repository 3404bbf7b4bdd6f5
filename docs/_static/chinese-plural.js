// Sphinx would make a function of a text here, which the policy of the server forbids. Chinese has one plural form.
Documentation.addTranslations = ({ messages, locale }) => {
  Object.assign(Documentation.TRANSLATIONS, messages);
  Documentation.PLURAL_EXPR = () => 0;
  Documentation.LOCALE = locale;
};
